package schemas

import _ "embed"

//go:embed scenario.schema.json
var scenarioSchema string

// ScenarioSchema returns the JSON Schema of the scenario language, for editors. It is generated from the parser's own
// tables (package scenarios/script), and a test there holds it current.
func ScenarioSchema() []byte { return []byte(scenarioSchema) }
