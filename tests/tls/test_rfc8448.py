"""The published trace of a 1-RTT handshake (RFC 8448 section 3), from key share to Finished.

The trace verifies itself: every value is checked against one that does not come from us, down
to the AEAD tag, the server's signature and both Finished messages.
"""

from cf525.model import KeyProof
from cf525.model.registry import X25519
from cf525.tls import messages, schedule, wire
from cf525.tls.certificate import public_key
from cf525.tls.keys import key_share
from cf525.tls.record import Aead13
from cf525.tls.signature import verify
from cf525.tls.suites import SHA256, suite

CLIENT_PRIVATE = bytes.fromhex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005")
CLIENT_HELLO = bytes.fromhex(
    "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113"
    "031302010000910000000b0009000006736572766572ff01000100000a00140012001d001700180019010001"
    "0101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae"
    "4d5413691e529aaf2c002b0003020304000d0020001e04030503060302030804080508060401050106010201"
    "0402050206020202002d00020101001c00024001"
)
SERVER_HELLO = bytes.fromhex(
    "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e"
    "00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b0002"
    "0304"
)
SERVER_FLIGHT = bytes.fromhex(
    "17030302a2d1ff334a56f5bff6594a07cc87b580233f500f45e489e7f33af35edf7869fcf40aa40aa2b8ea73"
    "f848a7ca07612ef9f945cb960b4068905123ea78b111b429ba9191cd05d2a389280f526134aadc7fc78c4b72"
    "9df828b5ecf7b13bd9aefb0e57f271585b8ea9bb355c7c79020716cfb9b1183ef3ab20e37d57a6b9d7477609"
    "aee6e122a4cf51427325250c7d0e509289444c9b3a648f1d71035d2ed65b0e3cdd0cbae8bf2d0b227812cbb3"
    "60987255cc744110c453baa4fcd610928d809810e4b7ed1a8fd991f06aa6248204797e36a6a73b70a2559c09"
    "ead686945ba246ab66e5edd8044b4c6de3fcf2a89441ac66272fd8fb330ef8190579b3684596c960bd596eea"
    "520a56a8d650f563aad27409960dca63d3e688611ea5e22f4415cf9538d51a200c27034272968a264ed6540c"
    "84838d89f72c24461aad6d26f59ecaba9acbbb317b66d902f4f292a36ac1b639c637ce343117b65962224531"
    "7b49eeda0c6258f100d7d961ffb138647e92ea330faeea6dfa31c7a84dc3bd7e1b7a6c7178af36879018e3f2"
    "52107f243d243dc7339d5684c8b0378bf30244da8c87c843f5e56eb4c5e8280a2b48052cf93b16499a66db7c"
    "ca71e4599426f7d461e66f99882bd89fc50800becca62d6c74116dbd2972fda1fa80f85df881edbe5a376689"
    "36b335583b599186dc5c6918a396fa48a181d6b6fa4f9d62d513afbb992f2b992f67f8afe67f76913fa388cb"
    "5630c8ca01e0c65d11c66a1e2ac4c85977b7c7a6999bbf10dc35ae69f5515614636c0b9b68c19ed2e31c0b3b"
    "66763038ebba42f3b38edc0399f3a9f23faa63978c317fc9fa66a73f60f0504de93b5b845e275592c12335ee"
    "340bbc4fddd502784016e4b3be7ef04dda49f4b440a30cb5d2af939828fd4ae3794e44f94df5a631ede42c17"
    "19bfdabf0253fe5175be898e750edc53370d2b"
)
CLIENT_FINISHED = bytes.fromhex(
    "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46de"
    "b384bd1caeacab6867d726c40546"
)


def _secrets() -> tuple[schedule.Schedule13, bytes, bytes]:
    keys = schedule.Schedule13(SHA256)
    share = key_share(X25519, lambda _: CLIENT_PRIVATE)
    secret = share.exchange(SERVER_HELLO[-38:-6])
    client, server = keys.handshake_traffic(secret, CLIENT_HELLO + SERVER_HELLO)
    return keys, client, server


def _flight(server_secret: bytes) -> list[wire.Message]:
    kind, payload = Aead13(suite(0x1301), server_secret).open(
        wire.APPLICATION_DATA, SERVER_FLIGHT[5:]
    )
    assert kind == wire.HANDSHAKE
    buffer = wire.MessageBuffer(1 << 14)
    buffer.feed(payload)
    found = []
    while (message := buffer.next()) is not None:
        found.append(message)
    return found


def test_handshake_traffic_secrets_are_those_of_the_trace() -> None:
    _, client, server = _secrets()
    assert client.hex() == "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
    assert server.hex() == "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"


def test_server_flight_opens_into_its_four_messages() -> None:
    _, _, server = _secrets()
    assert [message.kind for message in _flight(server)] == [
        wire.ENCRYPTED_EXTENSIONS,
        wire.CERTIFICATE,
        wire.CERTIFICATE_VERIFY,
        wire.FINISHED,
    ]


def test_server_flight_sealed_again_is_the_record_of_the_trace() -> None:
    _, _, server = _secrets()
    payload = b"".join(message.raw for message in _flight(server))
    _, fragment = Aead13(suite(0x1301), server).seal(wire.HANDSHAKE, payload)
    assert fragment == SERVER_FLIGHT[5:]


def test_server_signature_and_finished_verify() -> None:
    _, _, server = _secrets()
    extensions, certificate, verify_message, finished = _flight(server)
    transcript = CLIENT_HELLO + SERVER_HELLO + extensions.raw + certificate.raw
    leaf = messages.parse_certificate13(certificate.body).certificates[0]
    key = public_key(leaf, 16_384)
    assert key is not None
    proof = messages.parse_certificate_verify(verify_message.body)
    signed = b" " * 64 + b"TLS 1.3, server CertificateVerify\x00"
    signed += schedule.digest(SHA256, transcript)
    assert verify(proof.scheme, key, proof.signature, signed) is KeyProof.PROVED
    transcript += verify_message.raw
    assert schedule.finished_mac(SHA256, server, transcript) == finished.body


def test_client_finished_is_the_record_of_the_trace() -> None:
    _, client, server = _secrets()
    transcript = CLIENT_HELLO + SERVER_HELLO + b"".join(each.raw for each in _flight(server))
    body = schedule.finished_mac(SHA256, client, transcript)
    _, fragment = Aead13(suite(0x1301), client).seal(
        wire.HANDSHAKE, wire.message(wire.FINISHED, body)
    )
    assert fragment == CLIENT_FINISHED[5:]


def test_server_application_secret_is_that_of_the_trace() -> None:
    keys, _, server = _secrets()
    transcript = CLIENT_HELLO + SERVER_HELLO + b"".join(each.raw for each in _flight(server))
    client_secret, server_secret = keys.application_traffic(transcript)
    assert client_secret.hex() == "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
    assert server_secret.hex() == "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
