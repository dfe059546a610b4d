package graphql

import (
	"cmp"
	"strconv"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

// invoiceOf returns the fields of an invoice, or of a payment on account, that do not come from other records.
func invoiceOf(s *source) *Invoice {
	if s.kind == "paymentOnAccount" {
		return paymentOnAccountOf(s)
	}
	total, outstanding := s.pence("total"), s.pence("outstanding")
	i := &Invoice{
		ID: graphql.ID(s.id), Type: new("invoice"), Status: new("active"), PaidOrOutstanding: new("Outstanding"),
		InvoiceNumber: s.int("number"), Date: s.date("issuedOn"), PatientID: s.relatedID("patient"), DoctorID: idOrNil(s.values["doctorId"]), Comments: s.text("comments"), ExtraInfo: s.text("extraInfo"),
		Tax: new(0.0), Total: pounds(total), Outstanding: pounds(outstanding), Refunded: new(0.0),
		Metadata: &[]*MetadataEntry{}, DateShared: s.time("sharedAt"), CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
	if outstanding == 0 {
		i.PaidOrOutstanding = new("Paid")
	}
	if s.deleted {
		i.Status, i.PaidOrOutstanding = new("cancelled"), new("Void")
	}
	i.LineItems = lineItemsOf(s, total)
	i.Payments = paymentsOf(s, total)
	i.Refunds = &[]*InvoiceRefund{}
	if s.values["status"] == "refunded" {
		i.Refunds = refundsOf(s, *i.Payments)
		i.Refunded = pounds(paidOf(*i.Payments))
	}
	return i
}

// paymentOnAccountOf returns a payment on account as the invoice that the provider probably shows it as.
func paymentOnAccountOf(s *source) *Invoice {
	amount := s.pence("amount")
	i := &Invoice{
		ID: graphql.ID(s.id), Type: new("paymentOnAccount"), Status: new("active"), PaidOrOutstanding: new("Paid"), Date: s.date("receivedOn"),
		PatientID: s.relatedID("patient"), Tax: new(0.0), Total: pounds(amount), Outstanding: new(0.0), Refunded: new(0.0),
		LineItems: &[]*LineItem{}, Refunds: &[]*InvoiceRefund{}, Metadata: &[]*MetadataEntry{},
		CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
	i.Payments = &[]*InvoicePayment{payment(s, "payment", amount, s.values["method"], "receivedOn")}
	return i
}

// lineItemsOf returns the line items of an invoice. They add up to its total.
func lineItemsOf(s *source, total int64) *[]*LineItem {
	prices := linePrices(s, total)
	items := make([]*LineItem, len(prices))
	for n, price := range prices {
		items[n] = &LineItem{
			ID: new(derivedID(s.id, "item "+strconv.Itoa(n))), Date: s.date("issuedOn"), Title: new(lineTitles[hash(s.id, "title", strconv.Itoa(n))%uint64(len(lineTitles))]),
			Price: pounds(price), Quantity: new(1.0), TaxRate: new(0.0), Total: pounds(price),
		}
		giveLine(s, items[n], n)
		if booking := s.relatedID("booking"); booking != nil && n == 0 {
			items[n].ReferenceID, items[n].ReferenceType = booking, new("Booking")
		}
	}
	return &items
}

// giveLine gives a line item the title and the quantity that an application gave.
func giveLine(s *source, item *LineItem, n int) {
	if titles := strings.Split(s.values["lineTitles"], "\n"); s.values["lineTitles"] != "" && n < len(titles) {
		item.Title = &titles[n]
	}
	if quantities := strings.Fields(s.values["quantities"]); n < len(quantities) {
		if q, err := strconv.ParseFloat(quantities[n], 64); err == nil && q > 0 {
			item.Quantity, item.Price = &q, new(*item.Total/q)
		}
	}
}

// lineTitles are titles of line items. The clinic has none.
var lineTitles = []string{"Consultation", "Follow-up", "Blood test", "Vaccination", "Medical report"}

// linePrices returns the prices of the line items in pence: those of the record, or equal parts of the total.
func linePrices(s *source, total int64) []int64 {
	var prices []int64
	sum := int64(0)
	for text := range strings.FieldsSeq(s.values["prices"]) {
		price, err := strconv.ParseFloat(text, 64)
		if err != nil {
			break
		}
		prices = append(prices, int64(price*100+0.5))
		sum += prices[len(prices)-1]
	}
	if len(prices) > 0 && sum == total {
		return prices
	}
	count := s.int("lineItems")
	if count == nil || *count <= 0 || *count > maxLineItems {
		return nil
	}
	prices = make([]int64, *count)
	for n := range prices {
		prices[n] = total / int64(len(prices))
	}
	prices[0] += total % int64(len(prices))
	return prices
}

// maxLineItems bounds the line items of an invoice.
const maxLineItems = 1000

// paymentsOf returns the payments of an invoice: two if a part was paid before the rest. It follows the clinic, where a
// part is half of the total, or what an application paid.
func paymentsOf(s *source, total int64) *[]*InvoicePayment {
	payments := []*InvoicePayment{}
	rest := total
	status := s.values["status"]
	part := total - total/2
	if paid := s.pence("paid"); paid > 0 {
		part = min(paid, total)
	}
	if part > 0 && (s.values["partlyPaidAt"] != "" || status == "partiallyPaid") {
		payments = append(payments, payment(s, "part", part, "STRIPE", "partlyPaidAt"))
		rest -= part
	}
	if rest > 0 && (s.values["paidAt"] != "" || status == "paid" || status == "refunded" && len(payments) == 0) {
		payments = append(payments, payment(s, "rest", rest, "STRIPE", "paidAt"))
	}
	return &payments
}

// payment returns a payment that happened at the time or on the day with a name, or else on the day of the invoice.
func payment(s *source, part string, amount int64, source, at string) *InvoicePayment {
	return &InvoicePayment{ID: derivedID(s.id, part), PaymentAmount: pounds(amount), PaymentSource: source, PaymentDate: dayOf(s, at)}
}

func dayOf(s *source, name string) Date {
	if t := s.time(name); t != nil {
		return Date{t.Time}
	}
	if d := cmp.Or(s.date(name), s.date("issuedOn")); d != nil {
		return *d
	}
	return Date{s.created}
}

// refundsOf returns a refund of each payment.
func refundsOf(s *source, payments []*InvoicePayment) *[]*InvoiceRefund {
	refunds := make([]*InvoiceRefund, len(payments))
	for i, p := range payments {
		refunds[i] = &InvoiceRefund{ID: new(derivedID(string(p.ID), "refund")), RefundAmount: p.PaymentAmount, RefundDate: new(dayOf(s, "refundedAt")), RelatedPayment: &p.ID}
	}
	return &refunds
}

// paidOf returns the sum of payments in pence.
func paidOf(payments []*InvoicePayment) int64 {
	sum := int64(0)
	for _, p := range payments {
		sum += int64(*p.PaymentAmount*100 + 0.5)
	}
	return sum
}

// productOf returns the fields of a product that do not come from other records.
func productOf(s *source) *Product {
	return &Product{
		ID: graphql.ID(s.id), Status: new("active"), Name: s.text("name"), ItemCode: s.text("code"), Price: s.float("price"), StockLevel: s.int("stock"),
		Appointments: &[]*Product{}, Metadata: &[]*MetadataEntry{}, CreatedAt: dateTimeOrNil(s.created), UpdatedAt: dateTimeOrNil(s.updated),
	}
}

func productLabelOf(product, label *source, o LabelIDs) *ProductLabel {
	l := &ProductLabel{Color: label.text("colour"), Text: label.text("name")}
	l.ID, l.ReferenceID = labelRow(product, label, o)
	return l
}
