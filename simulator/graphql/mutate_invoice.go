package graphql

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
)

// The limits of an invoice that an application creates.
const (
	maxGivenItems = 40
	maxQuantity   = 1000
	maxAmount     = 1e7 // pounds
)

// CreateInvoice creates an invoice, and pays it as far as the data has payments.
func (q *resolver) CreateInvoice(ctx context.Context, args struct{ InvoiceData *NewInvoiceDataInput }) (*recordPayload[invoiceResolver], error) {
	return mutate(ctx, "invoice", newInvoice, func(m *mutation) error {
		data := args.InvoiceData
		if data == nil {
			return refusef("invoiceData is required")
		}
		c, err := m.invoiceChange(data)
		if err != nil {
			return err
		}
		if err := m.do(c); err != nil {
			return err
		}
		if data.Payments == nil {
			return nil
		}
		for _, payment := range *data.Payments {
			if err := m.pay(m.id, &payment); err != nil {
				return err
			}
		}
		return nil
	})
}

// invoiceChange returns the creation of an invoice.
func (m *mutation) invoiceChange(data *NewInvoiceDataInput) (change, error) {
	c := change{action: "invoice", about: map[string]string{}}
	person, err := m.find("patientId", "patient", "Patient", &data.PatientID)
	if err != nil {
		return c, err
	}
	doctor, err := m.find("doctorId", "doctor", "User", &data.DoctorID)
	if err != nil {
		return c, err
	}
	room, err := m.find("locationId", "location", "Location", &data.LocationID)
	if err != nil {
		return c, err
	}
	if person == nil || doctor == nil || room == nil {
		return c, refusef("patientId, doctorId and locationId are required")
	}
	values := texts{"issuedOn": data.Date.Format(time.DateOnly), "doctorId": doctor.id, "locationId": room.id, "prices": ""}
	values.set("comments", data.Comments)
	values.set("extraInfo", data.ExtraInfo)
	c.about["patient"], c.values = person.id, values
	if data.LineItems == nil {
		return c, nil
	}
	return c, m.setLines(&c, *data.LineItems)
}

// setLines sets the line items of a new invoice.
func (m *mutation) setLines(c *change, items []NewLineItemDataInput) error {
	if len(items) > maxGivenItems {
		return refusef("an invoice can have %d line items, not %d", maxGivenItems, len(items))
	}
	var prices, titles, quantities []string
	for i, item := range items {
		product, err := m.find(fmt.Sprintf("lineItems[%d].productId", i), "product", "Product", &item.ProductID)
		if err != nil {
			return err
		}
		if product == nil {
			return refusef("lineItems[%d].productId is required", i)
		}
		price := float64(product.pence("price")) / 100
		if item.Price != nil {
			price = *item.Price
		}
		if item.Quantity < 1 || item.Quantity > maxQuantity || !(price >= 0 && price <= maxAmount) {
			return refusef("lineItems[%d]: quantity %d and price %v are not possible", i, item.Quantity, price)
		}
		booking, err := m.find(fmt.Sprintf("lineItems[%d].referenceId", i), "booking", "Booking", item.ReferenceID)
		if err != nil {
			return err
		}
		if booking != nil {
			c.about["booking"] = booking.id
		}
		prices = append(prices, fmt.Sprintf("%.2f", price*float64(item.Quantity)))
		titles = append(titles, product.values["name"])
		quantities = append(quantities, fmt.Sprint(item.Quantity))
	}
	c.values["prices"], c.values["lineTitles"], c.values["quantities"] = strings.Join(prices, " "), strings.Join(titles, "\n"), strings.Join(quantities, " ")
	return nil
}

// AddInvoicePayment pays an invoice or a part of it.
func (q *resolver) AddInvoicePayment(ctx context.Context, args struct {
	InvoiceID   graphql.ID
	PaymentData NewInvoicePaymentDataInput
}) (*recordPayload[invoiceResolver], error) {
	return mutate(ctx, "invoice", newInvoice, func(m *mutation) error {
		bill, err := m.find("invoiceId", "invoice", "Invoice", &args.InvoiceID)
		if err != nil {
			return err
		}
		if bill == nil {
			return refusef("invoiceId is required")
		}
		return m.pay(bill.id, &args.PaymentData)
	})
}

// pay records a payment of an invoice.
func (m *mutation) pay(id string, payment *NewInvoicePaymentDataInput) error {
	bill := m.reader.find("invoice", id)
	if bill == nil {
		return nil // the journal failed
	}
	total, outstanding := bill.pence("total"), bill.pence("outstanding")
	if !(payment.PaymentAmount > 0 && payment.PaymentAmount <= maxAmount) {
		return refusef("paymentAmount %v is not possible", payment.PaymentAmount)
	}
	amount := int64(math.Round(payment.PaymentAmount * 100))
	at := payment.PaymentDate.UTC().Format(time.RFC3339)
	c := change{about: map[string]string{"invoice": id}}
	switch {
	case amount > outstanding:
		return refusef("paymentAmount %.2f is more than the outstanding %.2f", payment.PaymentAmount, float64(outstanding)/100)
	case amount == outstanding:
		c.action, c.values = "pay", texts{"paidAt": at}
	default:
		c.action, c.values = "pay-part", texts{"partlyPaidAt": at, "paid": fmt.Sprintf("%.2f", float64(total-outstanding+amount)/100)}
	}
	return m.do(c)
}
