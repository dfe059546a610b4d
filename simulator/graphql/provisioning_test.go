package graphql

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"semblance/simulator/provider"
)

// missing skips a test without its tool, or fails it in CI.
func missing(t *testing.T, sentence string) {
	t.Helper()
	if os.Getenv("SEMBLANCE_CI") == "1" {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}

// provisioningFolder has scripts with a GraphQL client from npm.
const provisioningFolder = "testdata/provisioning"

// nodeWithClient returns the path of node. It skips a test if the client is not installed.
func nodeWithClient(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(provisioningFolder, "node_modules", "graphql-request")); err != nil {
		missing(t, "graphql-request is not installed: npm ci --prefix simulator/graphql/"+provisioningFolder+" --ignore-scripts --no-audit --no-fund")
	}
	return node
}

// A script for the provider with a GraphQL client from npm works with another URL and another token.
func TestProvisioningWithNpmClient(t *testing.T) {
	t.Parallel()
	node := nodeWithClient(t)
	a := start(t)
	provision := func() string {
		t.Helper()
		c := exec.CommandContext(t.Context(), node, "provision.mjs")
		c.Dir = provisioningFolder
		c.Env = append(os.Environ(), "PROVIDER_URL="+a.url, "PROVIDER_TOKEN="+testToken, "RECEIVER_URL=https://receiver.example")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if did := provision(); did != "created bookings\ncreated billing" {
		t.Errorf("the first run:\n%s", did)
	}
	if did := provision(); did != "nothing to do" {
		t.Errorf("the second run:\n%s", did)
	}
	for _, sub := range a.provider.Subscriptions(false) {
		switch sub.Label {
		case "bookings":
			paused := true
			if _, err := a.provider.UpdateSubscription(t.Context(), sub.ID, provider.SubscriptionUpdate{EventTypes: &[]string{"booking.updated"}, DeliveryPaused: &paused}); err != nil {
				t.Fatal(err)
			}
		case "billing":
			label := "old"
			if _, err := a.provider.UpdateSubscription(t.Context(), sub.ID, provider.SubscriptionUpdate{Label: &label, EventTypes: &[]string{"invoice.shared"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if did := provision(); did != "updated bookings: eventTypes, deliveryPaused\ncreated billing\ndeleted old" {
		t.Errorf("the run after changes by others:\n%s", did)
	}
}

// So does a curl command.
func TestProvisioningWithCurl(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		missing(t, "curl is not installed")
	}
	a := start(t)
	c := exec.CommandContext(t.Context(), curl, "--silent", "--show-error", "--fail", a.url,
		"--header", "Content-Type: application/json",
		"--header", "x-token: "+testToken,
		"--data", `{"query": "mutation { createWebhook(input: {url: \"https://receiver.example/hooks\", label: \"curl\", eventTypes: [\"booking.created\"]}) { data { id secret } error } }"}`)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var response responseJSON
	if err := json.Unmarshal(out, &response); err != nil || response.Data.CreateWebhook.Data == nil || response.Data.CreateWebhook.Error != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if sub, ok := a.provider.Subscription(response.Data.CreateWebhook.Data.ID); !ok || sub.Secret.Reveal() != response.Data.CreateWebhook.Data.Secret {
		t.Errorf("created %+v", sub)
	}
}
