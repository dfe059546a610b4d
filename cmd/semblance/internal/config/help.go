package config

// Example is the smallest useful configuration file.
const Example = `  subscriptions:
    - {url: 3000/webhooks, label: billing, eventTypes: ["invoice.*", patient.merged]}
  provider: {attempts: 3, retry-base: 1s}
`

// whole is a configuration file with every key of a subscription.
const whole = `  subscriptions:
    - url: 3000/webhooks                # a port, port/path, host:port or URL
      eventTypes: ["invoice.*", patient.merged]   # names and patterns; "**" is every type
      label: billing                    # optional
      secret: whsec_billing             # optional; the default is --secret
      headers: {X-Tenant: demo}         # optional; sent with each delivery
    - url: https://127.0.0.1:8443/all
      eventTypes: ["**"]

  provider:                             # settings, see semblance help provider-settings
    attempts: 3
    retry-base: 1s
`

// FileHelp returns the help on the configuration file.
func FileHelp() string {
	return "A configuration file of `semblance serve --config FILE` is YAML. Both sections are optional:\n\n" + whole + `
It is read at the start. With --data, a subscription that the journal has already (the same URL and label) is updated and
keeps its id; one that is no longer in the file stays. --to and --provider are added to the file and override it.
Errors name the line and column.
`
}
