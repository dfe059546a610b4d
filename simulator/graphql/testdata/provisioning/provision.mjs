// Provisions webhooks, as one does at the real provider: what is missing is made, what differs is changed, what is
// unwanted is deleted, and what was paused is resumed. Only its URL and its token say which provider it speaks to.
//
//   PROVIDER_URL=http://127.0.0.1:4700/graphql PROVIDER_TOKEN=... RECEIVER_URL=https://example.com/webhooks node provision.mjs

import { ClientError, GraphQLClient, gql } from 'graphql-request'

const { PROVIDER_URL, PROVIDER_TOKEN, RECEIVER_URL } = process.env
const client = new GraphQLClient(PROVIDER_URL, { headers: { 'x-token': PROVIDER_TOKEN } })

const wanted = [
  { label: 'bookings', eventTypes: ['booking.created', 'booking.patientJourney.arrived'], headers: [{ key: 'X-Source', value: 'semble' }] },
  { label: 'billing', eventTypes: ['invoice.paid'], headers: [] },
]

const fields = gql`
  fragment Fields on WebhookSubscription {
    id url label eventTypes headers { key value } deliveryPaused secret createdAt
  }
`

// unwrap turns the provider's habit, 200 with an error in the payload, into an exception.
function unwrap({ data, error }) {
  if (error) throw new Error(error)
  return data
}

const { webhooks } = await client.request(gql`${fields} query { webhooks { ...Fields } }`)
const ours = webhooks.filter((w) => w.url.startsWith(RECEIVER_URL))
const did = []

for (const want of wanted) {
  const input = { url: `${RECEIVER_URL}/${want.label}`, ...want }
  const have = ours.find((w) => w.label === want.label)
  if (!have) {
    const made = unwrap((await client.request(
      gql`${fields} mutation create($input: CreateWebhookInput!) { createWebhook(input: $input) { data { ...Fields } error } }`,
      { input },
    )).createWebhook)
    if (!made.secret || !made.id || Number.isNaN(Date.parse(made.createdAt))) throw new Error(`incomplete: ${JSON.stringify(made)}`)
    did.push(`created ${made.label}`)
    continue
  }
  const change = {}
  if (have.eventTypes.join() !== want.eventTypes.join()) change.eventTypes = want.eventTypes
  if (JSON.stringify(have.headers) !== JSON.stringify(want.headers)) change.headers = want.headers
  if (have.deliveryPaused) change.deliveryPaused = false
  if (Object.keys(change).length === 0) continue
  unwrap((await client.request(
    gql`mutation update($id: ID!, $input: UpdateWebhookInput!) { updateWebhook(id: $id, input: $input) { data { id } error } }`,
    { id: have.id, input: change },
  )).updateWebhook)
  did.push(`updated ${want.label}: ${Object.keys(change).join(', ')}`)
}

for (const have of ours.filter((w) => !wanted.some((want) => want.label === w.label))) {
  unwrap((await client.request(
    gql`mutation remove($id: ID!) { deleteWebhook(id: $id) { data { id deleted } error } }`,
    { id: have.id },
  )).deleteWebhook)
  did.push(`deleted ${have.label}`)
}

// What is refused is told: by an error in the payload, and without a token by a status that the client throws.
const { createWebhook } = await client.request(
  gql`mutation create($input: CreateWebhookInput!) { createWebhook(input: $input) { data { id } error } }`,
  { input: { url: RECEIVER_URL, label: 'wrong', eventTypes: ['INVOICE_PAID'] } },
)
if (createWebhook.data !== null || !createWebhook.error.includes('invoice.paid')) throw new Error(JSON.stringify(createWebhook))
const stranger = await new GraphQLClient(PROVIDER_URL).request(gql`query { webhooks { id } }`).catch((e) => e)
if (!(stranger instanceof ClientError) || stranger.response.status !== 401) throw new Error(`a stranger got ${JSON.stringify(stranger)}`)

console.log(did.length > 0 ? did.join('\n') : 'nothing to do')
