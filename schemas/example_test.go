package schemas_test

import (
	"fmt"

	"semblance/schemas"
)

func ExampleLookup() {
	t, err := schemas.Lookup("booking.created")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Summary)
	fmt.Println("always:", t.Required)
	fmt.Println("when there is such a record:", t.Optional)

	_, err = schemas.Lookup("BOOKING_CREATED")
	fmt.Println(err)
	// Output:
	// An appointment was created
	// always: [bookingId]
	// when there is such a record: [patientId doctorId]
	// the enum name "BOOKING_CREATED" was dropped by the provider on 2026-06-08; use "booking.created"
}

func ExampleMatch() {
	found, err := schemas.Match("*.label.*")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range found {
		fmt.Println(t.Name)
	}
	// Output:
	// patient.label.added
	// patient.label.removed
	// product.label.added
	// product.label.removed
}
