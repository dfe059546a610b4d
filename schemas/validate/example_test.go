package validate_test

import (
	"fmt"

	"semblance/schemas"
	"semblance/schemas/validate"
)

func ExamplePayload() {
	eventType, err := schemas.Lookup("booking.created")
	if err != nil {
		fmt.Println(err)
		return
	}
	schema, err := validate.Payload(eventType)
	if err != nil {
		fmt.Println(err)
		return
	}
	body := `{"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"booking.created",
		"identifiers":{"bookingId":"507f1f77bcf86cd799439011","patientId":null,"docterId":"507f1f77bcf86cd799439012"}}`
	for _, violation := range schema.Validate([]byte(body)) {
		fmt.Println(violation)
	}
	// Output:
	// /identifiers/docterId: expected no property but bookingId, doctorId, patientId, got the string "507f1f77bcf86cd799439012" (was "doctorId" meant?)
	// /identifiers/patientId: expected a string, got null
}

func ExampleCompile() {
	schema, err := validate.Compile(validate.Source{
		Name: "first-visit.yaml:12:9",
		JSON: []byte(`{"type": "object", "required": ["job"], "properties": {"job": {"type": "string", "format": "uuid"}}}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schema.Validate([]byte(`{"job": 17}`)))
	fmt.Println(schema.Validate(nil))

	_, err = validate.Compile(validate.Source{Name: "first-visit.yaml:12:9", JSON: []byte(`{"typ": "object"}`)})
	fmt.Println(err)
	// Output:
	// [/job: expected a string, got the number 17]
	// [the document: expected an object, got an empty body]
	// schema first-visit.yaml:12:9: /typ: unknown keyword "typ"; did you mean "type"?
}
