"use strict";
(() => {
  const text = document.getElementById("filter"), only = document.getElementById("only"), none = document.getElementById("none");
  const show = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const scenario of document.querySelectorAll("main > details.scenario")) {
      let any = false;
      const head = scenario.querySelector(":scope > summary").textContent.toLowerCase();
      for (const step of scenario.querySelectorAll(".step")) {
        const content = head + " " + step.textContent.toLowerCase();
        step.hidden = only.checked && !step.classList.contains("is-failed") || !words.every(word => content.includes(word));
        any ||= !step.hidden;
      }
      scenario.hidden = !any;
      if (any && (words.length > 0 || only.checked)) scenario.open = true;
      shown += any;
    }
    none.hidden = shown > 0;
  };
  text.addEventListener("input", show);
  only.addEventListener("change", show);
  document.querySelector(".filter").hidden = false;
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch { // a page from a file may not write to the clipboard
        getSelection().selectAllChildren(code);
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  }
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    target.hidden = false;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
