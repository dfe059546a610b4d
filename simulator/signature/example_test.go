package signature_test

import (
	"fmt"
	"time"

	"semblance/simulator/signature"
)

func ExampleSigner() {
	signer := signature.NewSigner("whsec_example")
	header := signer.Append(nil, 1764000000, []byte(`{"eventType":"booking.created"}`))
	fmt.Printf("%s: %s\n", signature.HeaderName, header)
	// Output:
	// X-Webhook-Signature: t=1764000000,v1=d6732d714624240edcb367a8d1cab3c9e3ed3e2895130d882bd93599078a0a87
}

func ExampleVerify() {
	body := []byte(`{"eventType":"booking.created"}`)
	signedAt := time.Unix(1764000000, 0)
	header := signature.Sign("whsec_example", signedAt, body)

	fmt.Println(signature.Verify(body, header, "whsec_example", signedAt.Add(time.Minute), signature.DefaultTolerance))
	fmt.Println(signature.Verify(body, header, "whsec_example", signedAt.Add(time.Hour), signature.DefaultTolerance))
	fmt.Println(signature.Verify(append(body, '\n'), header, "whsec_example", signedAt, signature.DefaultTolerance))
	// Output:
	// <nil>
	// the signature is 1 h old; the tolerance is 5 min
	// no v1 of the signature header matches this body and this secret
}
