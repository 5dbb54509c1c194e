// The playground: sends the declaration to a worker, which runs Python, and shows the report.
(() => {
  const DEBOUNCE = 300; // milliseconds after the last key
  const PATIENCE = 5000; // milliseconds for one declaration
  const here = document.currentScript.src;
  const page = document.getElementById("try");
  const find = (name) => page.querySelector(`[data-part="${name}"]`);
  const [text, state, run, copy, examples] = ["text", "state", "run", "copy", "examples"].map(find);

  let worker = null;
  let ready = false;
  let waiting = null; // the timer of the declaration that runs
  let next = null; // the text that runs after it
  let typing = null;
  let idle = "Ready."; // what the page says once Python has started

  function show(name, message) {
    page.dataset.state = name;
    state.textContent = message;
  }

  function startWorker() {
    ready = false;
    worker = new Worker(new URL("worker.js", here), { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      clearTimeout(waiting);
      waiting = null;
      if (data.type === "failed") return fail(data.message);
      ready = true;
      if (data.type === "report") render(data.report);
      else show("ready", idle);
      if (next !== null) send(next);
    });
    worker.addEventListener("error", (event) => fail(event.message || "the worker did not start"));
  }

  function fail(message) {
    worker.terminate();
    worker = null;
    show("failed", `Python did not start: ${message}. Press Run to try again.`);
  }

  // A loop without end must not keep the visitor from going on.
  function giveUp() {
    waiting = null;
    worker.terminate();
    clear();
    idle = `Stopped after ${PATIENCE / 1000} seconds. Edit the declaration to go on.`;
    show("loading", idle);
    startWorker();
  }

  function send(source) {
    if (worker === null) {
      show("loading", "Python starts…");
      startWorker();
    }
    if (!ready || waiting !== null) {
      next = source;
      return;
    }
    next = null;
    page.dataset.state = "running";
    waiting = setTimeout(giveUp, PATIENCE);
    worker.postMessage({ source });
  }

  function submit() {
    clearTimeout(typing);
    send(text.value);
  }

  function clear() {
    for (const part of page.querySelectorAll("[data-output], [data-rows]")) part.hidden = true;
  }

  function fill(name, content) {
    const part = page.querySelector(`[data-output="${name}"]`);
    part.hidden = !content;
    part.querySelector("pre").textContent = content || "";
  }

  // Our reasons have a section each; other warnings of Python have none.
  function describeReason(reason) {
    const code = document.createElement("code");
    code.textContent = reason;
    if (!/^[A-Z_]+$/.test(reason)) return code;
    const link = document.createElement("a");
    link.href = new URL(`../../reference/reasons.html#${reason.toLowerCase().replaceAll("_", "-")}`, here);
    link.append(code);
    return link;
  }

  function fillRows(name, rows) {
    const part = page.querySelector(`[data-rows="${name}"]`);
    part.hidden = rows.length === 0;
    part.querySelector("tbody").replaceChildren(
      ...rows.map(([field, reason, description]) => {
        const row = document.createElement("tr");
        const code = document.createElement("code");
        code.textContent = field;
        row.insertCell().append(code);
        row.insertCell().append(describeReason(reason));
        row.insertCell().append(description);
        return row;
      }),
    );
  }

  const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  function render({ error, violations, warnings, printed, outputs }) {
    fill("error", error);
    fillRows("violations", violations);
    fillRows("warnings", warnings);
    fill("printed", printed);
    fill("stanza", outputs.stanza);
    fill("json", outputs.json);
    fill("bytes", outputs.bytes);
    if (outputs.bytes === "") fill("bytes", "(none)");
    find("length").textContent = count(outputs.length ?? 0, "byte");
    if (error) show("invalid", "Python reports an error.");
    else if (violations.length) show("invalid", `${count(violations.length, "error")}.`);
    else show("valid", warnings.length ? `Valid, with ${count(warnings.length, "warning")}.` : "Valid.");
  }

  async function copyLink() {
    const link = new URL(location.href);
    link.hash = new URLSearchParams({ code: text.value });
    history.replaceState(null, "", link);
    try {
      await navigator.clipboard.writeText(link.href);
      state.textContent = "Link copied.";
    } catch {
      state.textContent = "The link is in the address bar.";
    }
  }

  // Somebody else wrote what is in a link: the visitor reads it first, then runs it.
  function openLink() {
    const linked = new URLSearchParams(location.hash.slice(1)).get("code");
    if (linked === null) return false;
    clearTimeout(typing);
    text.value = linked;
    clear();
    idle = "The declaration comes from a link. Press Run to run it.";
    show(ready ? "ready" : "loading", idle);
    return true;
  }

  async function begin() {
    if (location.protocol === "file:") {
      return show("unavailable", "Browsers do not run Python from a file. In the site's folder, run python3 -m http.server.");
    }
    const { pyodide } = await (await fetch(new URL("runtime.json", here))).json();
    if (!pyodide) {
      return show("unavailable", "This copy of the site was built without Python. Run make playground to add it.");
    }
    for (const control of [text, run, copy, examples]) control.disabled = false;
    text.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(submit, DEBOUNCE);
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        submit();
      }
    });
    run.addEventListener("click", submit);
    copy.addEventListener("click", copyLink);
    examples.addEventListener("change", () => {
      text.value = examples.value;
      examples.value = ""; // shows the word "Examples" again
      submit();
    });
    addEventListener("hashchange", openLink);
    show("loading", "Python starts…");
    startWorker();
    if (!openLink()) submit();
  }

  begin().catch((error) => show("failed", `The page did not start: ${error}`));
})();
