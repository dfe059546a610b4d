// An application that registers a patient and books through the provider's API. It prints the id of the booking.
//
//   PROVIDER_URL=http://127.0.0.1:4700/graphql PROVIDER_TOKEN=... node book.mjs

import { GraphQLClient, gql } from 'graphql-request'

const { PROVIDER_URL, PROVIDER_TOKEN } = process.env
const client = new GraphQLClient(PROVIDER_URL, { headers: { 'x-token': PROVIDER_TOKEN } })

// unwrap turns the provider's habit, 200 with an error in the payload, into an exception.
function unwrap({ data, error }) {
  if (error) throw new Error(error)
  return data
}

const { users, practice, products } = await client.request(gql`
  query Reference {
    users(options: { cliniciansOnly: true }) { data { id } }
    practice { locations { id } }
    products(pagination: { pageSize: 1 }) { data { id } }
  }
`)
const patient = unwrap((await client.request(
  gql`mutation Register($data: CreatePatientDataInput!) { createPatient(patientData: $data) { data { id fullName } error } }`,
  { data: { first: 'Ada', last: 'Byron', email: 'ada@example.com', dob: '1985-03-04' } },
)).createPatient)
const booking = unwrap((await client.request(
  gql`mutation Book($data: BookingDataInput!) { createBooking(bookingData: $data) { data { id start } error } }`,
  {
    data: {
      patient: patient.id, doctor: users.data[0].id, location: practice.locations[0].id, bookingType: products.data[0].id,
      start: '2030-01-07T10:00:00.000Z', end: '2030-01-07T10:30:00.000Z',
    },
  },
)).createBooking)
console.log(booking.id)
