package fault_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"semblance/simulator/fault"
)

// Every row has the texts that help, completion and documentation need, and valid defaults.
func TestTable(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, info := range fault.All() {
		if seen[info.Name] {
			t.Errorf("%s occurs twice; a name must identify a fault", info.Name)
		}
		seen[info.Name] = true
		if !kebab.MatchString(info.Name) || info.Summary == "" || strings.HasSuffix(info.Summary, ".") {
			t.Errorf("%s: %q", info.Text(), info.Summary)
		}
		f, err := fault.New(string(info.Family), info.Name, nil)
		if err != nil {
			t.Errorf("%s: %v", info.Text(), err)
			continue
		}
		if f.String() != info.Text() || f.Name() != info.Name || f.Family() != info.Family || f.EndsConnection() && !f.OnConnection() {
			t.Errorf("New(%s) = %s", info.Text(), f)
		}
		for _, a := range info.Attributes {
			if !kebab.MatchString(a.Name) || a.Summary == "" || strings.HasSuffix(a.Summary, ".") || a.Default == "" {
				t.Errorf("%s, attribute %s: %+v", info.Text(), a.Name, a)
			}
			if withDefault, err := fault.New(string(info.Family), info.Name, map[string]string{a.Name: a.Default}); err != nil || withDefault.String() != info.Text() {
				t.Errorf("%s with its default %s=%s = %v, %v", info.Text(), a.Name, a.Default, withDefault, err)
			}
			for _, choice := range a.Choices {
				if _, err := fault.New(string(info.Family), info.Name, map[string]string{a.Name: choice}); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestNilFaultString(t *testing.T) {
	t.Parallel()
	var none *fault.Fault
	if none.String() != "" {
		t.Errorf("a nil fault prints as %q", none)
	}
}

// Parse reads a fault from the command line; String returns its canonical form.
func ExampleParse() {
	f, err := fault.Parse("signature=stale,age=420s")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Family(), f.Name())
	fmt.Println(f)

	_, err = fault.Parse("transport=gzp")
	fmt.Println(err)
	// Output:
	// signature stale
	// signature=stale,age=7m
	// unknown transport fault "gzp"; did you mean "gzip"?
}

// All lists the faults with their attributes.
func ExampleAll() {
	for _, info := range fault.All() {
		fmt.Println(info.Text())
		for _, a := range info.Attributes {
			fmt.Printf("    %s (%s, default %s)\n", a.Name, a.Kind, a.Default)
		}
	}
	// Output:
	// signature=missing
	//     header (choice, default both)
	// signature=malformed
	//     form (choice, default text)
	// signature=wrong-secret
	//     secret (text, default whsec_not_the_right_secret)
	// signature=tampered
	// signature=reserialised
	//     style (choice, default spaced)
	// signature=body-only
	// signature=stale
	//     age (duration, default 400s)
	// signature=future
	//     ahead (duration, default 400s)
	// signature=other-scheme
	//     scheme (text, default v0)
	// signature=several-v1
	//     count (count, default 2)
	//     right (choice, default last)
	// transport=slow-body
	//     over (duration, default 2s)
	//     pieces (count, default 10)
	// transport=pieces
	//     count (count, default 3)
	//     every (duration, default 300ms)
	// transport=hold-body
	//     wait (duration, default 1s)
	// transport=cut-body
	//     keep (share, default 50%)
	// transport=reset
	//     keep (share, default 50%)
	// transport=unread-response
	// transport=lost-response
	// transport=chunked
	//     size (size, default 16)
	// transport=gzip
	//     signed (choice, default compressed)
	// transport=oversized
	//     size (size, default 2MiB)
}
