// What Microsoft's parser of KQL has against the queries for Azure Resource Graph in these files: a line for each complaint.
// node judge-kql.js LIBRARY FILE...
const fs = require("fs"), path = require("path"), vm = require("vm");

const [library, ...files] = process.argv.slice(2);
for (const script of ["bridge.min.js", "Kusto.Language.Bridge.min.js"])
  vm.runInThisContext(fs.readFileSync(path.join(library, script), "utf8"), script);

const columns = ["id", "name", "type", "location", "resourceGroup", "subscriptionId"].map((name) => `${name}: string`);
const { KustoCode, GlobalState, Symbols } = Kusto.Language;
const table = Symbols.TableSymbol.From(`(${columns.join(", ")}, properties: dynamic, tags: dynamic)`).WithName("resources");
const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("graph", [table]));
for (const file of files) {
  const complaints = KustoCode.ParseAndAnalyze(fs.readFileSync(file, "utf8"), globals).GetDiagnostics();
  for (let at = 0; at < complaints.Count; at++) console.log(`${file}: ${complaints.getItem(at).Message}`);
}
