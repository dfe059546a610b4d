// A receiver that verifies with Stripe's library for Node. It prints its URL.
import { createServer } from 'node:http'
import Stripe from 'stripe'

const stripe = new Stripe('sk_test_unused')

const server = createServer((request, response) => {
  const chunks = []
  let size = 0
  request.on('data', chunk => {
    size += chunk.length
    if (size <= 1 << 20) chunks.push(chunk)
  })
  request.on('end', () => {
    try {
      if (request.method !== 'POST' || size > 1 << 20) throw new Error('refused')
      const event = stripe.webhooks.constructEvent(Buffer.concat(chunks), request.headers['x-webhook-signature'], process.env.SECRET)
      if (typeof event !== 'object' || event === null) throw new Error('no event')
      response.end()
    } catch {
      response.writeHead(400).end('refused')
    }
  })
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
