// Runs Python, so that the page itself never waits. A module worker: started with {type: "module"}.
import { loadPyodide } from "./runtime/pyodide.mjs";

async function load(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}

async function start() {
  const [python, packages, source] = await Promise.all([
    loadPyodide({ indexURL: new URL("runtime/", import.meta.url).href }),
    load("runtime/packages.zip").then((response) => response.arrayBuffer()),
    load("evaluate.py").then((response) => response.text()),
  ]);
  python.unpackArchive(packages, "zip", { extractDir: "/packages" });
  python.FS.writeFile("/packages/evaluate.py", source);
  // JSON carries the report to the page: no Python object has to be freed.
  return python.runPython(`
import json, sys
sys.path.append("/packages")
from evaluate import evaluate
lambda source: json.dumps(evaluate(source))
`);
}

const started = start();
started.then(
  () => postMessage({ type: "ready" }),
  (error) => postMessage({ type: "failed", message: String(error) }),
);

addEventListener("message", async ({ data }) => {
  const evaluate = await started;
  try {
    postMessage({ type: "report", report: JSON.parse(evaluate(data.source)) });
  } catch (error) {
    // Python itself gave up, such as without memory.
    postMessage({ type: "failed", message: String(error) });
  }
});
