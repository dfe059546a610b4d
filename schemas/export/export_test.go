package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"semblance/schemas"
	"semblance/schemas/validate"
)

func write(t testing.TB, f func(w *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func document(t testing.TB, name string) []byte {
	t.Helper()
	for _, d := range Documents() {
		if d.Name == name {
			return write(t, func(w *bytes.Buffer) error { return d.Write(w) })
		}
	}
	t.Fatalf("there is no document %s", name)
	return nil
}

// judged is a payload, and whether the schema of its type accepts it.
type judged struct {
	Valid   bool            `json:"valid"`
	Payload json.RawMessage `json:"payload"`
}

// payloads returns payloads of a type with every set of its identifiers, with an unknown identifier and with other
// mistakes. The JSON Schema in schemas/payload decides whether they are valid.
func payloads(t testing.TB, e *schemas.EventType) []judged {
	t.Helper()
	judge, err := validate.Payload(e)
	if err != nil {
		t.Fatal(err)
	}
	full := exampleOf(e)
	values := map[string]string{"teapotId": full.EventID}
	for _, key := range e.Keys() {
		values[key] = full.EventID
	}
	for _, identifier := range full.Identifiers {
		values[identifier.Name] = identifier.Value
	}
	var all []judged
	add := func(payload any) {
		data, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, judged{judge.Validate(data) == nil, data})
	}
	universe := append(slices.Clone(e.Keys()), "teapotId")
	for bits := range 1 << len(universe) {
		some := full
		some.Identifiers = nil
		for i, key := range universe {
			if bits&(1<<i) != 0 {
				some.Identifiers = append(some.Identifiers, schemas.Identifier{Name: key, Value: values[key]})
			}
		}
		add(some)
	}
	wrong := full
	wrong.EventID = strings.ToUpper(wrong.EventID)
	add(wrong)
	wrong = full
	wrong.Identifiers = slices.Clone(full.Identifiers)
	wrong.Identifiers[0].Value = ""
	add(wrong)
	wrong = full
	wrong.Metadata = map[string]any{"surplus": 1}
	add(wrong)
	return all
}

// TestSchemasAgree checks that the schemas of each document and those in schemas/payload accept the same payloads.
func TestSchemasAgree(t *testing.T) {
	asyncAPI, openAPI := componentsOf(t, "asyncapi"), componentsOf(t, "openapi")
	bundle := compile(t, document(t, "schemas"))
	valid := 0
	for i, e := range schemas.AllWithRetired() {
		judges := map[string]*validate.Schema{"asyncapi": asyncAPI(componentName(e)), "openapi": openAPI(componentName(e))}
		if i%25 == 0 { // each payload goes through all of its alternatives
			judges["schemas"] = bundle
		}
		for _, p := range payloads(t, e) {
			for name, judge := range judges {
				violations := judge.Validate(p.Payload)
				if got := violations == nil; got != p.Valid {
					t.Errorf("%s, %s: valid %v, want %v: %s %v", name, e.Name, got, p.Valid, p.Payload, violations)
				}
			}
			if p.Valid {
				valid++
			}
		}
	}
	if valid < len(schemas.AllWithRetired()) {
		t.Errorf("only %d of the payloads were valid", valid)
	}
}

// componentsOf returns the schemas among the components of a document, by name, compiled on their own.
func componentsOf(t testing.TB, name string) func(component string) *validate.Schema {
	t.Helper()
	var whole struct {
		Components struct {
			Schemas map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(document(t, name), &whole); err != nil {
		t.Fatal(err)
	}
	parts := whole.Components.Schemas
	return func(component string) *validate.Schema {
		text := fmt.Sprintf(`{"$ref":"#/$defs/%s","$defs":{%q:%s,"Id":%s}}`, component, component, parts[component], parts["Id"])
		return compile(t, []byte(strings.ReplaceAll(text, "#/components/schemas/", "#/$defs/")))
	}
}

func compile(t testing.TB, schema []byte) *validate.Schema {
	t.Helper()
	s, err := validate.Compile(validate.Source{Name: "exported", JSON: schema})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestExamplesAreValid(t *testing.T) {
	for _, e := range schemas.AllWithRetired() {
		s, err := validate.Payload(e)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(exampleOf(e))
		if err != nil {
			t.Fatal(err)
		}
		if v := s.Validate(data); v != nil {
			t.Errorf("%s: %s: %v", e.Name, data, v)
		}
	}
}

func TestNamesDiffer(t *testing.T) {
	for what, name := range map[string]func(string) string{"exported": exported, "goName": goName} {
		seen := map[string]string{}
		for _, e := range schemas.AllWithRetired() {
			n := name(e.Name)
			if other := seen[n]; other != "" {
				t.Errorf("%s: %s and %s are both called %s", what, other, e.Name, n)
			}
			seen[n] = e.Name
		}
	}
	for name, want := range map[string]string{
		"booking.patientJourney.noShow": "BookingPatientJourneyNoShow", "patientId": "PatientID", "httpStatusCode": "HTTPStatusCode", "changedKeys": "ChangedKeys",
	} {
		if got := goName(name); got != want {
			t.Errorf("goName(%q) = %s, want %s", name, got, want)
		}
	}
}

// TestEveryTypeIsThere also checks that two runs write the same output.
func TestEveryTypeIsThere(t *testing.T) {
	outputs := map[string]func(*bytes.Buffer) error{}
	for _, l := range Languages() {
		outputs[l.Name] = func(w *bytes.Buffer) error { return Types(w, l.Name) }
	}
	for _, d := range Documents() {
		outputs[d.Name] = func(w *bytes.Buffer) error { return d.Write(w) }
	}
	for name, output := range outputs {
		text := write(t, output)
		for _, e := range schemas.AllWithRetired() {
			if !bytes.Contains(text, []byte(`"`+e.Name+`"`)) {
				t.Errorf("%s has no %s", name, e.Name)
			}
		}
		if again := write(t, output); !bytes.Equal(again, text) {
			t.Errorf("%s differs the second time", name)
		}
		if !strings.Contains(strings.ToLower(string(text)), "deprecated") && name != "asyncapi" && name != "schemas" {
			t.Errorf("%s marks nothing as deprecated", name)
		}
	}
}

func TestOpenAPIByAnIndependentReader(t *testing.T) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document(t, "openapi"))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Error(err)
	}
}

func TestTypesOfAnUnknownLanguage(t *testing.T) {
	for language, want := range map[string]string{
		"typescripd": `unknown language "typescripd"; did you mean "typescript"?`,
		"cobol":      `unknown language "cobol"; use go or typescript`,
	} {
		if err := Types(new(bytes.Buffer), language); err == nil || err.Error() != want {
			t.Errorf("Types in %s: %v, want %s", language, err, want)
		}
	}
}

func TestVectors(t *testing.T) {
	got := write(t, func(w *bytes.Buffer) error { return Vectors(w, []byte("[1]")) })
	if string(got) != "[1]\n" {
		t.Errorf("the vectors come out as %q", got)
	}
	if err := Vectors(new(bytes.Buffer), []byte("[1")); err == nil {
		t.Error("vectors that are not JSON are written")
	}
}

func ExampleTypes() {
	var b bytes.Buffer
	if err := Types(&b, "typescript"); err != nil {
		fmt.Println(err)
		return
	}
	text := b.String()
	from := strings.Index(text, "/** The identifiers of booking.created. */")
	to := strings.Index(text, "/** The identifiers of booking.updated. */")
	fmt.Print(strings.TrimSpace(text[from:to]))
	// Output:
	// /** The identifiers of booking.created. */
	// export interface BookingCreatedIdentifiers {
	//   /** The id of the booking. */
	//   bookingId: Id;
	//   /** The id of the patient. Absent if the record does not exist. */
	//   patientId?: Id;
	//   /** The id of the doctor. Absent if the record does not exist. */
	//   doctorId?: Id;
	// }
	//
	// /**
	//  * An appointment was created.
	//  */
	// export interface BookingCreated extends Envelope<"booking.created", BookingCreatedIdentifiers> {}
}
