package player_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"semblance/scenarios/player"
	"semblance/simulator"
	"semblance/simulator/body"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

// requests plays a scenario at noon and returns its requests.
func requests(t *testing.T, text string) []*simulator.Request {
	t.Helper()
	app := newApplication(t)
	p := newPlayer(t, player.Options{Target: app.URL, At: noon, Seed: 7, HasSeed: true})
	if err := p.Play(t.Context(), parse(t, text)); err != nil {
		t.Fatal(err)
	}
	var all []*simulator.Request
	for _, step := range p.Result().Scenarios[0].Steps {
		for _, e := range step.Evidence {
			if e.Attempt == nil {
				t.Fatalf("step %s: %v", step.Path, e.Verdict.Failures)
			}
			all = append(all, &e.Attempt.Request)
		}
	}
	return all
}

func headersOf(r *simulator.Request) string {
	var b strings.Builder
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s: %s\n", h.Name, h.Value)
	}
	return b.String()
}

// A fault is a name for a change to one layer: both send the same bytes.
func TestFaultsAreLayers(t *testing.T) {
	t.Parallel()
	var tested []string
	for _, info := range fault.All() {
		if info.Layer == "" {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			t.Parallel()
			const send = "name: %s\nsteps:\n  - send: booking.created\n    expect: {response: any}\n    %s\n"
			named := requests(t, fmt.Sprintf(send, info.Name, "fault: {"+string(info.Family)+": "+info.Name+"}"))[0]
			layered := requests(t, fmt.Sprintf(send, info.Name, info.Layer))[0]
			if string(named.Body) != string(layered.Body) || withoutPort(headersOf(named)) != withoutPort(headersOf(layered)) ||
				info.Family == fault.Transport && info.Name != "gzip" && info.Name != "oversized" && named.Fault != layered.Fault {
				t.Errorf("the fault sends %s\n%s%.300q\nthe layer %s\n%s%.300q", named.Fault, headersOf(named), named.Body, layered.Fault, headersOf(layered), layered.Body)
			}
		})
		tested = append(tested, info.Name)
	}
	if len(tested) < 15 {
		t.Errorf("only %v are layers", tested)
	}
}

func withoutPort(headers string) string {
	_, rest, _ := strings.Cut(headers, "\n") // Host comes first
	return rest
}

func TestLayers(t *testing.T) {
	t.Parallel()
	all := requests(t, `
name: Layers
expect: {response: any}
steps:
  - send: booking.created
    headers: {x-webhook-SIGNATURE: "t=${now},v1=${sign.v1[:4]},v0=${bytes.e9}", X-Extra: "${new.hex64}", content-type: text/plain}
    without: [X-Webhook-Timestamp]
    expect: {status: refused}
  - send: booking.created
    headers: [[X-Webhook-Signature, one], [X-Webhook-Signature, two]]
  - send: booking.created
    body: {set: {/eventId: "${new.id}"}}
    sign: {t: now-1h, over: "${body}", algorithm: plain-sha256, encoding: HEX}
    alter: {append: "\n"}
    expect: {status: refused}
  - {send: booking.created, method: GET, http: "1.0", expect: {status: any}}
  - {send: booking.created, body: {style: indented}}
`)
	first := headersOf(all[0])
	body0 := signature.Sign(simulator.DefaultSecret.Reveal(), noon, all[0].Body)
	v1 := strings.Split(body0, ",v1=")[1]
	for _, want := range []string{fmt.Sprintf("x-webhook-SIGNATURE: t=%d,v1=%s,v0=\xe9\n", noon.Unix(), v1[:4]), "X-Extra: ", "content-type: text/plain\n"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in\n%s", want, first)
		}
	}
	if strings.Contains(first, "Timestamp") || strings.Contains(first, "application/json") {
		t.Errorf("headers that are not sent:\n%s", first)
	}
	if got := headersOf(all[1]); !strings.Contains(got, "X-Webhook-Signature: one\n") || !strings.Contains(got, "X-Webhook-Signature: two\n") {
		t.Errorf("a repeated header:\n%s", got)
	}
	signed := strings.TrimSuffix(string(all[2].Body), "\n")
	mac, err := signature.MAC(signature.PlainSHA256, simulator.DefaultSecret.Reveal(), []byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("t=%d,v1=%X", noon.Unix()-3600, mac); all[2].Header(signature.HeaderName) != want || all[2].Header("Content-Length") != fmt.Sprint(len(all[2].Body)) {
		t.Errorf("got\n%swant the signature %s", headersOf(all[2]), want)
	}
	if all[3].Method != "GET" || all[3].Proto != "1.0" || len(all[3].Body) > 0 || all[3].Header("Content-Length") != "" || all[3].Header(signature.HeaderName) == "" {
		t.Errorf("GET: %+v", all[3])
	}
	if indented, err := body.Write(all[4].Body, body.Indented); err != nil || string(indented) != string(all[4].Body) {
		t.Errorf("not indented: %s", all[4].Body)
	}
	if err := signature.Verify(all[4].Body, all[4].Header(signature.HeaderName), simulator.DefaultSecret.Reveal(), noon, 0); err != nil {
		t.Errorf("the indented body is not signed: %v", err)
	}
}

// During a rotation each secret has its v1, unless the layer names a secret.
func TestLayersDuringRotation(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p := newPlayer(t, player.Options{Target: app.URL, OtherSecrets: []simulator.Secret{"whsec_old"}})
	if err := p.Play(t.Context(), parse(t, "name: Rotation\nsteps:\n  - {send: booking.created, body: {style: spaced}}\n  - {send: booking.created, sign: {secret: x}, must: refused}\n")); err != nil {
		t.Fatal(err)
	}
	wantOutcomes(t, p.Result(), "1 passed\n2 passed")
	for i, want := range []int{2, 1} {
		value := p.Result().Scenarios[0].Steps[i].Evidence[0].Attempt.Request.Header(signature.HeaderName)
		if strings.Count(value, "v1=") != want {
			t.Errorf("step %d: %s", i+1, value)
		}
	}
}

// each plays a step once for every combination. New values differ in every request, and follow from the seed.
func TestEach(t *testing.T) {
	t.Parallel()
	const text = `
name: Each
steps:
  - send: "${type}"
    each: {type: [patient.created, availability.blocker.created], note: ["${new.id}", 7]}
    body: {set: {/note: "${note}"}}
    invalid: on-purpose
  - {request: {raw: '{"eventId":"${new.id}","n":${n}}'}, each: {n: [1, 2]}, expect: {status: 401}}
`
	all := requests(t, text)
	seen := map[string]bool{}
	var lines []string
	for _, r := range all {
		seen[string(r.Body)] = true
		lines = append(lines, r.EventType)
	}
	if got := strings.Join(lines, ","); got != "patient.created,patient.created,availability.blocker.created,availability.blocker.created,," {
		t.Errorf("sent %s", got)
	}
	if len(seen) != 6 || !strings.HasSuffix(string(all[1].Body), `"note":7}`) {
		t.Errorf("%d distinct bodies, the second is %s", len(seen), all[1].Body)
	}
	for i, r := range requests(t, text) {
		if string(r.Body) != string(all[i].Body) {
			t.Errorf("request %d of the same seed:\n%s\n%s", i, r.Body, all[i].Body)
		}
	}
}

// The lists of the catalogue: the subscribed types in each of their forms, and the optional identifiers of a type.
func TestEachOfCatalogue(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	p := newPlayer(t, player.Options{Target: app.URL})
	var mu sync.Mutex
	var bodies []string
	trial := try(t, p, player.TrialOptions{Sent: func(a *simulator.Attempt) {
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(a.Request.Body))
	}}, `
name: Catalogue
steps:
  - {send: "${type}", each: {type: subscribed}, must: accepted}
  - {send: "${type}", each: {type: {subscribed: ["booking.created", "availability.blocker.*"]}, omit: optional}, omit: "${omit}", must: accepted}
`)
	types := map[string]int{}
	for _, x := range trial.Steps[0].Exchanges {
		types[x.Attempt.Request.EventType]++
	}
	if types["booking.created"] != 1 || types["availability.blocker.created"] != 2 || len(types) < 90 {
		t.Errorf("%d types: %v", len(types), types)
	}
	for _, x := range trial.Steps[1].Exchanges {
		if x.Attempt.Response.Status != http.StatusAccepted {
			t.Errorf("%s: %d", x.Each, x.Attempt.Response.Status)
		}
		omitted := x.Each[strings.LastIndex(x.Each, " ")+1:]
		if strings.Contains(string(x.Attempt.Request.Body), `"`+omitted+`"`) {
			t.Errorf("%s: sent %s", x.Each, x.Attempt.Request.Body)
		}
	}
	if n := len(trial.Steps[1].Exchanges); n < 4 {
		t.Errorf("%d rounds with an omitted identifier", n)
	}
}
