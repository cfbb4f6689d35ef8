"use strict";
(() => {
  const said = document.getElementById("said");
  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (!document.execCommand("copy")) return "Selected: press Ctrl-C";
    }
    return "Copied";
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    said.textContent = button.textContent = await copy(button);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
})();
