import java.io.FileInputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A TLS server of the JDK: port, PKCS#12 file, then protocols=A,B, suites=A,B or mutual. */
public class JavaServer {
    public static void main(String[] arguments) throws Exception {
        char[] password = "changeit".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(arguments[1]), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory()
            .createServerSocket(Integer.parseInt(arguments[0]), 50, InetAddress.getByName("127.0.0.1"));
        for (int each = 2; each < arguments.length; each++) {
            String[] option = arguments[each].split("=");
            switch (option[0]) {
                case "protocols": server.setEnabledProtocols(option[1].split(",")); break;
                case "suites": server.setEnabledCipherSuites(option[1].split(",")); break;
                case "mutual": server.setNeedClientAuth(true); break;
                default: throw new IllegalArgumentException(arguments[each]);
            }
        }
        while (true) {
            SSLSocket socket = (SSLSocket) server.accept();
            new Thread(() -> answer(socket)).start();
        }
    }

    private static void answer(SSLSocket socket) {
        try (socket) {
            socket.setSoTimeout(5000);
            socket.getInputStream().read(new byte[4096]);
            OutputStream out = socket.getOutputStream();
            out.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".getBytes());
            out.flush();
        } catch (Exception error) {
            System.err.println(error);
        }
    }
}
