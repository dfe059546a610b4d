// A receiver that reads the booking of each event from the provider's API and stores it. Only the URL, the token and the
// secret say which provider it speaks to. It prints its port, and then each stored row as JSON.
//
//   PROVIDER_URL=http://127.0.0.1:4700/graphql PROVIDER_TOKEN=... WEBHOOK_SECRET=... PORT=3000 node receive.mjs

import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { GraphQLClient, gql } from 'graphql-request'

const { PROVIDER_URL, PROVIDER_TOKEN, WEBHOOK_SECRET, PORT = '0' } = process.env
const client = new GraphQLClient(PROVIDER_URL, {
  headers: { 'x-token': PROVIDER_TOKEN },
  fetch: (url, options) => fetch(url, { ...options, signal: AbortSignal.timeout(1000) }),
})
const rows = new Map() // by the id of the booking; a database in a real application

function verified(body, header) {
  const elements = header.split(',').map((element) => element.split('='))
  const t = elements.find(([key]) => key === 't')?.[1] ?? ''
  if (!/^\d+$/.test(t) || Math.abs(Date.now() / 1000 - t) > 300) return false
  const want = Buffer.from(createHmac('sha256', WEBHOOK_SECRET).update(`${t}.`).update(body).digest('hex'))
  return elements.some(([key, value]) => key === 'v1' && value.length === want.length && timingSafeEqual(Buffer.from(value), want))
}

// store reads the booking. It throws if the API is behind the event, slow or limited: then the provider tries again.
async function store({ eventType, identifiers: { bookingId } }) {
  const { booking } = await client.request(
    gql`query Visit($id: ID!) { booking(id: $id) { id start deleted bookingJourney { arrived } patient { fullName } } }`,
    { id: bookingId },
  )
  if (!booking) throw new Error(`no booking ${bookingId} yet`)
  if (eventType.endsWith('.arrived') && !booking.bookingJourney.arrived) throw new Error('the API does not show the arrival yet')
  rows.set(bookingId, booking)
  console.log(JSON.stringify(booking))
}

const server = createServer(async (request, response) => {
  const parts = []
  for await (const part of request) parts.push(part)
  const body = Buffer.concat(parts)
  if (!verified(body, request.headers['x-webhook-signature'] ?? '')) return response.writeHead(401).end()
  try {
    const event = JSON.parse(body)
    if (event.identifiers.bookingId) await store(event)
    response.writeHead(200).end()
  } catch (error) {
    response.writeHead(503).end(String(error.message).slice(0, 200))
  }
})
server.listen(Number(PORT), '127.0.0.1', () => console.log(server.address().port))
