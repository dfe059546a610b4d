// Sends documents with a published GraphQL client, as a receiver does, and checks them with the reference implementation of GraphQL
// against the schema that the API describes. Input: a JSON array of {document, variables}. Output: for each, {data} or {status, errors},
// and valid, the verdict of the reference implementation.
//
//   PROVIDER_URL=http://127.0.0.1:4700/graphql PROVIDER_TOKEN=... node read.mjs < documents.json

import { readFileSync } from 'node:fs'
import { buildClientSchema, getIntrospectionQuery, parse, validate } from 'graphql'
import { ClientError, GraphQLClient } from 'graphql-request'

const { PROVIDER_URL, PROVIDER_TOKEN } = process.env
const client = new GraphQLClient(PROVIDER_URL, { headers: { 'x-token': PROVIDER_TOKEN } })
const schema = buildClientSchema(await client.request(getIntrospectionQuery()))

const results = []
for (const { document, variables } of JSON.parse(readFileSync(0, 'utf8'))) {
  const valid = validate(schema, parse(document)).length === 0
  try {
    results.push({ valid, data: await client.request(document, variables ?? {}) })
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    results.push({ valid, status: error.response.status, errors: error.response.errors })
  }
}
console.log(JSON.stringify(results))
