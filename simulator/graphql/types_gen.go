// Code generated from records.graphql by internal/generate. DO NOT EDIT.

package graphql

import graphql "github.com/graph-gophers/graphql-go"

// CreatePatientDataInput is an input of the provider's API.
type CreatePatientDataInput struct {
	Title                    *string                               `json:"title"`
	First                    *string                               `json:"first"`
	Last                     *string                               `json:"last"`
	BirthSurname             *string                               `json:"birthSurname"`
	BirthName                *string                               `json:"birthName"`
	BirthNames               *string                               `json:"birthNames"`
	Email                    *string                               `json:"email"`
	Dob                      *Date                                 `json:"dob"`
	SocialSecurityNumber     *string                               `json:"socialSecurityNumber"`
	Gender                   *string                               `json:"gender"`
	Sex                      *string                               `json:"sex"`
	Address                  *string                               `json:"address"`
	City                     *string                               `json:"city"`
	Postcode                 *string                               `json:"postcode"`
	Country                  *string                               `json:"country"`
	PhoneType                *string                               `json:"phoneType"`
	PhoneNumber              *string                               `json:"phoneNumber"`
	PaymentReference         *string                               `json:"paymentReference"`
	CommunicationPreferences *PatientCommunicationPreferencesInput `json:"communicationPreferences"`
	Labels                   *[]graphql.ID                         `json:"labels"`
	Comments                 *string                               `json:"comments"`
}

// UpdatePatientDataInput is an input of the provider's API.
type UpdatePatientDataInput struct {
	Title                    *string                               `json:"title"`
	First                    *string                               `json:"first"`
	Last                     *string                               `json:"last"`
	BirthSurname             *string                               `json:"birthSurname"`
	BirthName                *string                               `json:"birthName"`
	BirthNames               *string                               `json:"birthNames"`
	Email                    *string                               `json:"email"`
	Dob                      *Date                                 `json:"dob"`
	SocialSecurityNumber     *string                               `json:"socialSecurityNumber"`
	Gender                   *string                               `json:"gender"`
	Sex                      *string                               `json:"sex"`
	Address                  *string                               `json:"address"`
	City                     *string                               `json:"city"`
	Postcode                 *string                               `json:"postcode"`
	Country                  *string                               `json:"country"`
	PaymentReference         *string                               `json:"paymentReference"`
	CommunicationPreferences *PatientCommunicationPreferencesInput `json:"communicationPreferences"`
	Comments                 *string                               `json:"comments"`
}

// PatientCommunicationPreferencesInput is an input of the provider's API.
type PatientCommunicationPreferencesInput struct {
	ReceiveEmail         *bool   `json:"receiveEmail"`
	ReceiveSMS           *bool   `json:"receiveSMS"`
	PromotionalMarketing *bool   `json:"promotionalMarketing"`
	PrivacyPolicy        *string `json:"privacyPolicy"`
	PaymentReminders     *bool   `json:"paymentReminders"`
}

// BookingDataInput is an input of the provider's API.
type BookingDataInput struct {
	Patient             *graphql.ID               `json:"patient"`
	Location            *graphql.ID               `json:"location"`
	BookingType         *graphql.ID               `json:"bookingType"`
	Doctor              *graphql.ID               `json:"doctor"`
	Comments            *string                   `json:"comments"`
	Start               *Date                     `json:"start"`
	End                 *Date                     `json:"end"`
	SendPatientMessages *SendPatientMessagesInput `json:"sendPatientMessages"`
	Status              *string                   `json:"status"`
}

// BookingUpdateDataInput is an input of the provider's API.
type BookingUpdateDataInput struct {
	Location            *graphql.ID               `json:"location"`
	BookingType         *graphql.ID               `json:"bookingType"`
	Doctor              *graphql.ID               `json:"doctor"`
	Comments            *string                   `json:"comments"`
	Start               *Date                     `json:"start"`
	End                 *Date                     `json:"end"`
	SendPatientMessages *SendPatientMessagesInput `json:"sendPatientMessages"`
	Status              *string                   `json:"status"`
}

// SendPatientMessagesInput is an input of the provider's API.
type SendPatientMessagesInput struct {
	Confirmation *bool `json:"confirmation"`
	Reminder     *bool `json:"reminder"`
	Followup     *bool `json:"followup"`
	Cancellation *bool `json:"cancellation"`
}

// BookingJourneyInput is an input of the provider's API.
type BookingJourneyInput struct {
	JourneyStage *string `json:"journeyStage"`
	Date         *Date   `json:"date"`
}

// NewInvoiceDataInput is an input of the provider's API.
type NewInvoiceDataInput struct {
	Date       Date                          `json:"date"`
	PatientID  graphql.ID                    `json:"patientId"`
	DoctorID   graphql.ID                    `json:"doctorId"`
	LocationID graphql.ID                    `json:"locationId"`
	Comments   *string                       `json:"comments"`
	ExtraInfo  *string                       `json:"extraInfo"`
	LineItems  *[]NewLineItemDataInput       `json:"lineItems"`
	Payments   *[]NewInvoicePaymentDataInput `json:"payments"`
	AccountID  *graphql.ID                   `json:"accountId"`
}

// NewLineItemDataInput is an input of the provider's API. referenceId is the id of a booking.
type NewLineItemDataInput struct {
	Date        Date        `json:"date"`
	ProductID   graphql.ID  `json:"productId"`
	Quantity    int32       `json:"quantity"`
	Price       *float64    `json:"price"`
	ReferenceID *graphql.ID `json:"referenceId"`
}

// NewInvoicePaymentDataInput is an input of the provider's API.
type NewInvoicePaymentDataInput struct {
	PaymentAmount float64    `json:"paymentAmount"`
	PaymentTypeID graphql.ID `json:"paymentTypeId"`
	PaymentDate   Date       `json:"paymentDate"`
	Comment       *string    `json:"comment"`
}

// PatientResponsePayload is a type of the provider's API.
type PatientResponsePayload struct {
	Data  *Patient `json:"data"`
	Error *string  `json:"error"`
}

// BookingResponsePayload is a type of the provider's API.
type BookingResponsePayload struct {
	Data  *Booking `json:"data"`
	Error *string  `json:"error"`
}

// NewInvoiceResponsePayload is a type of the provider's API.
type NewInvoiceResponsePayload struct {
	Data  *Invoice `json:"data"`
	Error *string  `json:"error"`
}

// Pagination is an input of the provider's API.
type Pagination struct {
	Page     *int32 `json:"page"`
	PageSize *int32 `json:"pageSize"`
}

// CursorPagination is an input of the provider's API.
type CursorPagination struct {
	Cursor    *string `json:"cursor"`
	Direction *string `json:"direction"`
	PageSize  *int32  `json:"pageSize"`
}

// QueryOptions is an input of the provider's API.
type QueryOptions struct {
	IncludeDeleted *bool      `json:"includeDeleted"`
	CreatedAt      *DateRange `json:"createdAt"`
	UpdatedAt      *DateRange `json:"updatedAt"`
}

// LabQueryOptions is an input of the provider's API.
type LabQueryOptions struct {
	IncludeDeleted    *bool      `json:"includeDeleted"`
	CreatedAt         *DateRange `json:"createdAt"`
	UpdatedAt         *DateRange `json:"updatedAt"`
	ResultsReceivedAt *DateRange `json:"resultsReceivedAt"`
}

// DateRange is an input of the provider's API.
type DateRange struct {
	Start *Date `json:"start"`
	End   *Date `json:"end"`
}

// InvoicesQueryFilters is an input of the provider's API.
type InvoicesQueryFilters struct {
	InvoiceNumbers *[]int32 `json:"invoiceNumbers"`
}

// QuestionnairesQueryOptions is an input of the provider's API.
type QuestionnairesQueryOptions struct {
	IncludeDeleted *bool `json:"includeDeleted"`
}

// UsersQueryOptions is an input of the provider's API.
type UsersQueryOptions struct {
	IncludeDeleted *bool      `json:"includeDeleted"`
	CreatedAt      *DateRange `json:"createdAt"`
	UpdatedAt      *DateRange `json:"updatedAt"`
	Search         *string    `json:"search"`
	CliniciansOnly *bool      `json:"cliniciansOnly"`
}

// UsersQueryFilters is an input of the provider's API.
type UsersQueryFilters struct {
	IsClinician *bool           `json:"isClinician"`
	Metadata    *MetadataFilter `json:"metadata"`
}

// MetadataFilter is an input of the provider's API.
type MetadataFilter struct {
	Key   string  `json:"key"`
	Value *string `json:"value"`
}

// QueryAvailabilityRuleInput is an input of the provider's API.
type QueryAvailabilityRuleInput struct {
	ID graphql.ID `json:"id"`
}

// PatientBookingsSort is an input of the provider's API.
type PatientBookingsSort struct {
	Direction string `json:"direction"`
}

// PageInfo is a type of the provider's API.
type PageInfo struct {
	Page     *int32 `json:"page"`
	PageSize *int32 `json:"pageSize"`
	HasMore  *bool  `json:"hasMore"`
}

// PageInfoWithTotalCount is a type of the provider's API.
type PageInfoWithTotalCount struct {
	Page     *int32 `json:"page"`
	PageSize *int32 `json:"pageSize"`
	HasMore  *bool  `json:"hasMore"`
	Total    *int32 `json:"total"`
}

// PatientData is a type of the provider's API.
type PatientData struct {
	Data     *[]*Patient `json:"data"`
	PageInfo *PageInfo   `json:"pageInfo"`
}

// BookingData is a type of the provider's API.
type BookingData struct {
	Data     *[]*Booking `json:"data"`
	PageInfo *PageInfo   `json:"pageInfo"`
}

// InvoiceData is a type of the provider's API.
type InvoiceData struct {
	Data     *[]*Invoice `json:"data"`
	PageInfo *PageInfo   `json:"pageInfo"`
}

// LabData is a type of the provider's API.
type LabData struct {
	Data     *[]*Lab   `json:"data"`
	PageInfo *PageInfo `json:"pageInfo"`
}

// LetterData is a type of the provider's API.
type LetterData struct {
	Data     *[]*Letter `json:"data"`
	PageInfo *PageInfo  `json:"pageInfo"`
}

// PrescriptionData is a type of the provider's API.
type PrescriptionData struct {
	Data     *[]*Prescription `json:"data"`
	PageInfo *PageInfo        `json:"pageInfo"`
}

// PatientDocumentData is a type of the provider's API.
type PatientDocumentData struct {
	Data     *[]*PatientDocument `json:"data"`
	PageInfo *PageInfo           `json:"pageInfo"`
}

// ProductData is a type of the provider's API.
type ProductData struct {
	Data     *[]*Product `json:"data"`
	PageInfo *PageInfo   `json:"pageInfo"`
}

// QuestionnaireData is a type of the provider's API.
type QuestionnaireData struct {
	Data     *[]*Questionnaire `json:"data"`
	PageInfo *PageInfo         `json:"pageInfo"`
}

// ConsultationData is a type of the provider's API.
type ConsultationData struct {
	Data     *[]*Consultation `json:"data"`
	PageInfo *PageInfo        `json:"pageInfo"`
}

// RecordData is a type of the provider's API.
type RecordData struct {
	Data     *[]*Record `json:"data"`
	PageInfo *PageInfo  `json:"pageInfo"`
}

// UserData is a type of the provider's API.
type UserData struct {
	Data     *[]*User  `json:"data"`
	PageInfo *PageInfo `json:"pageInfo"`
}

// ContactData is a type of the provider's API.
type ContactData struct {
	Data     *[]*Contact `json:"data"`
	PageInfo *PageInfo   `json:"pageInfo"`
}

// PatientRelationshipData is a type of the provider's API.
type PatientRelationshipData struct {
	Data *[]*PatientRelationship `json:"data"`
}

// PatientBookingsData is a type of the provider's API.
type PatientBookingsData struct {
	Data *[]*Booking             `json:"data"`
	Meta *PageInfoWithTotalCount `json:"meta"`
}

// PatientDocumentSharingsData is a type of the provider's API.
type PatientDocumentSharingsData struct {
	Data     *[]*PatientDocumentSharing `json:"data"`
	PageInfo *PageInfoWithTotalCount    `json:"pageInfo"`
}

// MetadataEntry is a type of the provider's API.
type MetadataEntry struct {
	Key   *string `json:"key"`
	Value *string `json:"value"`
}

// Patient is a type of the provider's API.
type Patient struct {
	ID                           graphql.ID                   `json:"id"`
	Title                        *string                      `json:"title"`
	Status                       *string                      `json:"status"`
	FirstName                    *string                      `json:"firstName"`
	LastName                     *string                      `json:"lastName"`
	FullName                     *string                      `json:"fullName"`
	BirthSurname                 *string                      `json:"birthSurname"`
	BirthName                    *string                      `json:"birthName"`
	BirthNames                   *string                      `json:"birthNames"`
	Dob                          *Date                        `json:"dob"`
	PlaceOfBirth                 *PlaceOfBirth                `json:"placeOfBirth"`
	SocialSecurityNumber         *string                      `json:"socialSecurityNumber"`
	Gender                       *string                      `json:"gender"`
	Sex                          *string                      `json:"sex"`
	Email                        *string                      `json:"email"`
	GoogleClientID               *string                      `json:"googleClientId"`
	PaymentReference             *string                      `json:"paymentReference"`
	Phones                       *[]*Phone                    `json:"phones"`
	Occupation                   *string                      `json:"occupation"`
	Address                      *Address                     `json:"address"`
	MembershipName               *string                      `json:"membershipName"`
	MembershipStartDate          *string                      `json:"membershipStartDate"`
	MembershipStartDateFormatted *Date                        `json:"membershipStartDateFormatted"`
	SharingToken                 *SharingToken                `json:"sharingToken"`
	Numbers                      *[]*PatientNumber            `json:"numbers"` // Every patient has a number named System, which staff see.
	CustomAttributes             *[]*CustomAttribute          `json:"customAttributes"`
	CommunicationPreferences     *CommunicationPreferences    `json:"communicationPreferences"`
	RelatedAccounts              *[]*PatientRelationship      `json:"relatedAccounts"`
	Bookings                     *[]*Booking                  `json:"bookings"` // Matches on the start of the booking.
	BookingsWithPagination       *PatientBookingsData         `json:"bookingsWithPagination"`
	Invoices                     *[]*Invoice                  `json:"invoices"`
	Letters                      *[]*Letter                   `json:"letters"`
	Labs                         *[]*Lab                      `json:"labs"`
	Labels                       *[]*PatientLabel             `json:"labels"`
	Prescriptions                *PrescriptionData            `json:"prescriptions"`
	Consultations                *ConsultationData            `json:"consultations"`
	Records                      *RecordData                  `json:"records"`
	PatientDocuments             *PatientDocumentData         `json:"patientDocuments"`
	DocumentsSharedWithPatient   *PatientDocumentSharingsData `json:"documentsSharedWithPatient"`
	AccessGroups                 *[]*PatientAccessGroup       `json:"accessGroups"`
	Comments                     *string                      `json:"comments"`
	OnHold                       *bool                        `json:"onHold"`
	Archived                     *bool                        `json:"archived"`
	CreatedAt                    *DateTime                    `json:"createdAt"`
	UpdatedAt                    *DateTime                    `json:"updatedAt"`
}

// Phone is a type of the provider's API.
type Phone struct {
	PhoneID     *graphql.ID `json:"phoneId"`
	PhoneType   *string     `json:"phoneType"`
	PhoneNumber *string     `json:"phoneNumber"`
}

// CustomAttribute is a type of the provider's API.
type CustomAttribute struct {
	ID       *graphql.ID `json:"id"`
	Title    *string     `json:"title"`
	Text     *string     `json:"text"`
	Response *string     `json:"response"`
	Required *bool       `json:"required"`
}

// PatientLabel is a type of the provider's API. referenceId is the id of the label; id is that of the row.
type PatientLabel struct {
	Color       *string    `json:"color"`
	Text        *string    `json:"text"`
	ID          graphql.ID `json:"id"`
	ReferenceID graphql.ID `json:"referenceId"`
}

// PatientNumber is a type of the provider's API.
type PatientNumber struct {
	ID    *graphql.ID `json:"id"`
	Name  *string     `json:"name"`
	Value *string     `json:"value"`
}

// Address is a type of the provider's API. country is an ISO 3166 alpha-2 code.
type Address struct {
	Address  *string `json:"address"`
	City     *string `json:"city"`
	Postcode *string `json:"postcode"`
	Country  *string `json:"country"`
}

// PlaceOfBirth is a type of the provider's API.
type PlaceOfBirth struct {
	Name *string `json:"name"`
	Code *string `json:"code"`
}

// SharingToken is a type of the provider's API.
type SharingToken struct {
	Token *string `json:"token"`
}

// CommunicationPreferences is a type of the provider's API.
type CommunicationPreferences struct {
	ReceiveEmail         *bool          `json:"receiveEmail"`
	ReceiveSMS           *bool          `json:"receiveSMS"`
	PromotionalMarketing *bool          `json:"promotionalMarketing"`
	PaymentReminders     *bool          `json:"paymentReminders"`
	PrivacyPolicy        *PrivacyPolicy `json:"privacyPolicy"`
}

// PrivacyPolicy is a type of the provider's API.
type PrivacyPolicy struct {
	Response *string `json:"response"`
}

// PatientAccessGroup is a type of the provider's API.
type PatientAccessGroup struct {
	ID    *graphql.ID `json:"id"`
	Name  *string     `json:"name"`
	Label *string     `json:"label"`
}

// PatientRelationship is a type of the provider's API.
type PatientRelationship struct {
	RelationshipID    *graphql.ID                 `json:"relationshipId"`
	RelationshipType  *string                     `json:"relationshipType"`
	RelationshipLabel *string                     `json:"relationshipLabel"`
	Deleted           *bool                       `json:"deleted"`
	ContactDetails    *PatientRelationshipContact `json:"contactDetails"`
}

// PatientRelationshipContact is a type of the provider's API.
type PatientRelationshipContact struct {
	RelatedAccountID  *graphql.ID `json:"relatedAccountId"`
	Source            *string     `json:"source"`
	SourceID          *graphql.ID `json:"sourceId"`
	FirstName         *string     `json:"firstName"`
	LastName          *string     `json:"lastName"`
	Title             *string     `json:"title"`
	CompanyName       *string     `json:"companyName"`
	Phones            *[]*Phone   `json:"phones"`
	Email             *string     `json:"email"`
	Address           *string     `json:"address"`
	City              *string     `json:"city"`
	Postcode          *string     `json:"postcode"`
	Country           *string     `json:"country"`
	Notes             *string     `json:"notes"`
	Name              *string     `json:"name"`
	ContactInfo       *string     `json:"contactInfo"`
	PolicyNumber      *string     `json:"policyNumber"`
	AuthorizationCode *string     `json:"authorizationCode"`
}

// PatientDocumentSharing is a type of the provider's API.
type PatientDocumentSharing struct {
	DocumentID     *graphql.ID   `json:"documentId"`
	ConsultationID *string       `json:"consultationId"`
	RecordIDs      *[]graphql.ID `json:"recordIds"`
	Title          *string       `json:"title"`
	Type           *string       `json:"type"`
	SharedAt       DateTime      `json:"sharedAt"`
}

// Booking is a type of the provider's API.
type Booking struct {
	ID                         graphql.ID           `json:"id"`
	Deleted                    *bool                `json:"deleted"` // A cancelled booking is deleted and can still be read by id.
	Status                     *string              `json:"status"`
	CancellationReason         *string              `json:"cancellationReason"`
	Start                      *DateTime            `json:"start"` // The practice's wall clock with a false Z.
	End                        *DateTime            `json:"end"`   // The practice's wall clock with a false Z.
	CreatedAt                  *DateTime            `json:"createdAt"`
	UpdatedAt                  *DateTime            `json:"updatedAt"`
	PatientID                  *graphql.ID          `json:"patientId"`
	DoctorName                 *string              `json:"doctorName"`
	Location                   *BookingLocation     `json:"location"`
	Appointment                *Appointment         `json:"appointment"`
	BookingJourney             *Journey             `json:"bookingJourney"`
	VideoURL                   *string              `json:"videoUrl"`
	Comments                   *string              `json:"comments"`
	Reference                  *string              `json:"reference"`
	Billed                     *bool                `json:"billed"`
	Metadata                   *[]*MetadataEntry    `json:"metadata"`
	ClinicalPathwayID          *graphql.ID          `json:"clinicalPathwayId"`
	PatientMessagesSent        *SendPatientMessages `json:"patientMessagesSent"`
	OnlineBookingPaymentStatus *string              `json:"onlineBookingPaymentStatus"`
}

// Journey is a type of the provider's API. Each time is when the stage was reached.
type Journey struct {
	Arrived      *DateTime `json:"arrived"`
	Consultation *DateTime `json:"consultation"`
	Departed     *DateTime `json:"departed"`
	Dna          *DateTime `json:"dna"`
}

// Appointment is a type of the provider's API.
type Appointment struct {
	ID       *graphql.ID `json:"id"`
	Title    *string     `json:"title"`
	Duration *int32      `json:"duration"`
	Price    *float64    `json:"price"`
}

// BookingLocation is a type of the provider's API.
type BookingLocation struct {
	ID        graphql.ID      `json:"id"`
	Header    *string         `json:"header"`
	Name      *string         `json:"name"`
	GroupName *string         `json:"groupName"`
	Address   *BookingAddress `json:"address"`
}

// BookingAddress is a type of the provider's API.
type BookingAddress struct {
	Address  *string `json:"address"`
	City     *string `json:"city"`
	Postcode *string `json:"postcode"`
	Country  *string `json:"country"`
}

// SendPatientMessages is a type of the provider's API.
type SendPatientMessages struct {
	Confirmation *bool `json:"confirmation"`
	Reminder     *bool `json:"reminder"`
	Followup     *bool `json:"followup"`
	Cancellation *bool `json:"cancellation"`
}

// User is a type of the provider's API.
type User struct {
	ID                  graphql.ID        `json:"id"`
	Title               *string           `json:"title"`
	FirstName           string            `json:"firstName"`
	LastName            string            `json:"lastName"`
	Gender              *string           `json:"gender"`
	Pronouns            *string           `json:"pronouns"`
	Email               string            `json:"email"`
	FullName            string            `json:"fullName"`
	IsDoctor            *bool             `json:"isDoctor"`
	Qualifications      *string           `json:"qualifications"`
	Registration        *string           `json:"registration"`
	Deleted             *bool             `json:"deleted"`
	MinimumTreatmentAge *int32            `json:"minimumTreatmentAge"`
	MedicalSpecialties  *[]*string        `json:"medicalSpecialties"`
	PositionTitle       *string           `json:"positionTitle"`
	Role                *string           `json:"role"`
	Metadata            *[]*MetadataEntry `json:"metadata"`
	Bookings            *BookingData      `json:"bookings"`
	Letters             *LetterData       `json:"letters"`
	ServicesProvided    *[]*Product       `json:"servicesProvided"`
	CreatedAt           *DateTime         `json:"createdAt"`
	UpdatedAt           *DateTime         `json:"updatedAt"`
}

// Practice is a type of the provider's API.
type Practice struct {
	ID              graphql.ID           `json:"id"`
	Name            *string              `json:"name"`
	Locations       *[]*PracticeLocation `json:"locations"` // The rooms.
	PracticeNumbers *[]*PracticeNumbers  `json:"practiceNumbers"`
	Timezone        *string              `json:"timezone"`
	Logo            *string              `json:"logo"`
}

// PracticeLocation is a type of the provider's API.
type PracticeLocation struct {
	ID               graphql.ID  `json:"id"`
	Name             string      `json:"name"`
	GroupName        string      `json:"groupName"`
	GroupID          *graphql.ID `json:"groupId"`
	ServicesProvided *[]*Product `json:"servicesProvided"`
	Address          *Address    `json:"address"`
}

// PracticeNumbers is a type of the provider's API.
type PracticeNumbers struct {
	ID      graphql.ID `json:"id"`
	Name    *string    `json:"name"`
	Deleted *bool      `json:"deleted"`
}

// ResourceAvailabilityRuleQueryPayload is a type of the provider's API.
type ResourceAvailabilityRuleQueryPayload struct {
	Data *ResourceAvailability `json:"data"`
}

// ResourceAvailability is a type of the provider's API.
type ResourceAvailability struct {
	ID             graphql.ID              `json:"id"`
	Comment        string                  `json:"comment"`
	Unavailability bool                    `json:"unavailability"`
	Room           PracticeLocation        `json:"room"`
	Recurrence     *AvailabilityRecurrence `json:"recurrence"`
	Exclusions     []string                `json:"exclusions"`
	StartDate      string                  `json:"startDate"`
	EndDate        *string                 `json:"endDate"`
	StartTime      string                  `json:"startTime"`
	EndTime        string                  `json:"endTime"`
	CreatedAt      DateTime                `json:"createdAt"`
	UpdatedAt      DateTime                `json:"updatedAt"`
	CreatedBy      graphql.ID              `json:"createdBy"`
	LastUpdatedBy  graphql.ID              `json:"lastUpdatedBy"`
}

// AvailabilityRecurrence is a type of the provider's API.
type AvailabilityRecurrence struct {
	Frequency     *string    `json:"frequency"`
	Interval      *int32     `json:"interval"`
	DaysOfTheWeek *[]*string `json:"daysOfTheWeek"`
}

// AvailabilitySettings is a type of the provider's API.
type AvailabilitySettings struct {
	ID        *graphql.ID `json:"id"`
	StartTime *DateTime   `json:"startTime"`
	EndTime   *DateTime   `json:"endTime"`
	Day       *int32      `json:"day"`
	Date      *Date       `json:"date"`
	Blocker   *bool       `json:"blocker"`
}

// Invoice is a type of the provider's API.
type Invoice struct {
	ID                graphql.ID         `json:"id"`
	Status            *string            `json:"status"`
	PaidOrOutstanding *string            `json:"paidOrOutstanding"`
	InvoiceNumber     *int32             `json:"invoiceNumber"`
	PaymentReference  *string            `json:"paymentReference"`
	Date              *Date              `json:"date"` // A calendar day: midnight with a Z.
	PatientID         *graphql.ID        `json:"patientId"`
	PatientTitle      *string            `json:"patientTitle"`
	PatientDob        *Date              `json:"patientDob"`
	PayeeDetails      *string            `json:"payeeDetails"`
	DoctorID          *graphql.ID        `json:"doctorId"`
	Location          *string            `json:"location"`
	LineItems         *[]*LineItem       `json:"lineItems"`
	Payments          *[]*InvoicePayment `json:"payments"`
	Refunds           *[]*InvoiceRefund  `json:"refunds"`
	Tax               *float64           `json:"tax"`
	Total             *float64           `json:"total"`
	Outstanding       *float64           `json:"outstanding"`
	Refunded          *float64           `json:"refunded"`
	Comments          *string            `json:"comments"`
	ExtraInfo         *string            `json:"extraInfo"`
	Type              *string            `json:"type"`
	PaymentLinkURL    *string            `json:"paymentLinkUrl"`
	Metadata          *[]*MetadataEntry  `json:"metadata"`
	DateShared        *DateTime          `json:"dateShared"`
	CreatedAt         *DateTime          `json:"createdAt"`
	UpdatedAt         *DateTime          `json:"updatedAt"`
}

// LineItem is a type of the provider's API.
type LineItem struct {
	ID            *graphql.ID `json:"id"`
	Date          *Date       `json:"date"`
	Title         *string     `json:"title"`
	ProductType   *string     `json:"productType"`
	ItemCode      *string     `json:"itemCode"`
	Cost          *float64    `json:"cost"`
	Price         *float64    `json:"price"`
	Quantity      *float64    `json:"quantity"`
	TaxRate       *float64    `json:"taxRate"`
	Total         *float64    `json:"total"`
	ReferenceID   *graphql.ID `json:"referenceId"`
	ReferenceType *string     `json:"referenceType"`
}

// InvoicePayment is a type of the provider's API.
type InvoicePayment struct {
	ID            graphql.ID `json:"id"`
	PaymentAmount *float64   `json:"paymentAmount"`
	PaymentSource string     `json:"paymentSource"`
	PaymentDate   Date       `json:"paymentDate"`
	Comment       *string    `json:"comment"`
}

// InvoiceRefund is a type of the provider's API.
type InvoiceRefund struct {
	ID             *graphql.ID `json:"id"`
	RefundAmount   *float64    `json:"refundAmount"`
	RefundDate     *Date       `json:"refundDate"`
	RefundReason   *string     `json:"refundReason"`
	Comment        *string     `json:"comment"`
	RelatedPayment *graphql.ID `json:"relatedPayment"`
}

// Product is a type of the provider's API.
type Product struct {
	ID                   graphql.ID        `json:"id"`
	Status               *string           `json:"status"`
	ProductType          *string           `json:"productType"`
	Labels               *[]*ProductLabel  `json:"labels"`
	ItemCode             *string           `json:"itemCode"`
	Name                 *string           `json:"name"`
	SerialNumber         *string           `json:"serialNumber"`
	Tax                  *Tax              `json:"tax"`
	StockLevel           *int32            `json:"stockLevel"`
	Price                *float64          `json:"price"`
	Cost                 *float64          `json:"cost"`
	SupplierName         *string           `json:"supplierName"`
	SupplierDisplayName  *string           `json:"supplierDisplayName"`
	Comments             *string           `json:"comments"`
	Appointments         *[]*Product       `json:"appointments"`
	IsBookable           *bool             `json:"isBookable"`
	Duration             *int32            `json:"duration"`
	Color                *string           `json:"color"`
	IsVideoConsultation  *bool             `json:"isVideoConsultation"`
	RequiresPayment      *bool             `json:"requiresPayment"`
	RequiresConfirmation *bool             `json:"requiresConfirmation"`
	Metadata             *[]*MetadataEntry `json:"metadata"`
	CreatedAt            *DateTime         `json:"createdAt"`
	UpdatedAt            *DateTime         `json:"updatedAt"`
}

// ProductLabel is a type of the provider's API.
type ProductLabel struct {
	Color       *string    `json:"color"`
	Text        *string    `json:"text"`
	ID          graphql.ID `json:"id"`
	ReferenceID graphql.ID `json:"referenceId"`
}

// Tax is a type of the provider's API.
type Tax struct {
	TaxName *string  `json:"taxName"`
	TaxRate *float64 `json:"taxRate"`
	TaxCode *string  `json:"taxCode"`
}

// Letter is a type of the provider's API.
type Letter struct {
	ID           graphql.ID `json:"id"`
	Deleted      *bool      `json:"deleted"`
	ReviewStatus *string    `json:"reviewStatus"`
	Date         *Date      `json:"date"`
	Title        *string    `json:"title"`
	Body         *string    `json:"body"`
	DateShared   *DateTime  `json:"dateShared"`
	CreatedAt    *DateTime  `json:"createdAt"`
	UpdatedAt    *DateTime  `json:"updatedAt"`
}

// Lab is a type of the provider's API.
type Lab struct {
	ID                graphql.ID `json:"id"`
	Status            *string    `json:"status"`
	RequestDate       *Date      `json:"requestDate"`
	SampleDate        *Date      `json:"sampleDate"`
	Fasting           *bool      `json:"fasting"`
	OrderNumber       *string    `json:"orderNumber"`
	ParsedResults     *string    `json:"parsedResults"`
	ResultsReceivedAt *DateTime  `json:"resultsReceivedAt"`
	TestList          *string    `json:"testList"`
	DateShared        *DateTime  `json:"dateShared"`
	CreatedAt         *DateTime  `json:"createdAt"`
	UpdatedAt         *DateTime  `json:"updatedAt"`
}

// Prescription is a type of the provider's API. It has no createdAt and no updatedAt. The provider's pdfDownloadUrl is valid for 15 minutes.
type Prescription struct {
	ID               graphql.ID            `json:"id"`
	Date             *DateTime             `json:"date"` // UTC.
	Status           *string               `json:"status"`
	Drugs            *[]*PrescriptionDrug  `json:"drugs"`
	Items            *[]*PrescriptionItem  `json:"items"`
	PrescriptionType *string               `json:"prescriptionType"`
	Comments         *string               `json:"comments"`
	Orders           *[]*PrescriptionOrder `json:"orders"`
	DateShared       *DateTime             `json:"dateShared"`
	PdfDownloadURL   *string               `json:"pdfDownloadUrl"`
}

// PrescriptionDrug is a type of the provider's API.
type PrescriptionDrug struct {
	Drug     *string `json:"drug"`
	Dosage   *string `json:"dosage"`
	Quantity *string `json:"quantity"`
	Repeat   *int32  `json:"repeat"`
	Comments *string `json:"comments"`
}

// PrescriptionItem is a type of the provider's API.
type PrescriptionItem struct {
	Term     *string `json:"term"`
	Comments *string `json:"comments"`
}

// PrescriptionOrder is a type of the provider's API.
type PrescriptionOrder struct {
	Status   *string `json:"status"`
	Provider *string `json:"provider"`
}

// PatientDocument is a type of the provider's API. The provider's downloadUrl is valid for two hours.
type PatientDocument struct {
	ID           graphql.ID  `json:"id"`
	Title        *string     `json:"title"`
	Path         *string     `json:"path"`
	Name         *string     `json:"name"`
	Type         *string     `json:"type"`
	URL          *string     `json:"url"`
	Parent       *graphql.ID `json:"parent"`
	Deleted      *bool       `json:"deleted"`
	DateShared   *DateTime   `json:"dateShared"`
	DateCreated  *DateTime   `json:"dateCreated"`
	DateModified *DateTime   `json:"dateModified"`
	UploadURL    *string     `json:"uploadUrl"`
	DownloadURL  *string     `json:"downloadUrl"`
}

// Consultation is a type of the provider's API. A response to a questionnaire is a consultation: questionnaireId names the form, and records contain the responses.
type Consultation struct {
	ID              graphql.ID  `json:"id"`
	Patient         *graphql.ID `json:"patient"`
	Date            *Date       `json:"date"`
	EncounterType   *string     `json:"encounterType"`
	DoctorName      *string     `json:"doctorName"`
	QuestionnaireID *graphql.ID `json:"questionnaireId"`
	Records         *[]*Record  `json:"records"`
	Deleted         *bool       `json:"deleted"`
}

// Record is a type of the provider's API. For a response to a question, title is the question and term the response.
type Record struct {
	ID             *graphql.ID `json:"id"`
	Deleted        *bool       `json:"deleted"`
	ConsultationID *string     `json:"consultationId"`
	SectionID      *string     `json:"sectionId"`
	SectionTitle   *string     `json:"sectionTitle"`
	RecordType     *string     `json:"recordType"`
	Patient        *graphql.ID `json:"patient"`
	DoctorName     *string     `json:"doctorName"`
	Term           *string     `json:"term"`
	Title          *string     `json:"title"`
	Date           *Date       `json:"date"`
	Start          *Date       `json:"start"`
	End            *Date       `json:"end"`
	Observation    *string     `json:"observation"`
	Dosage         *string     `json:"dosage"`
	Quantity       *string     `json:"quantity"`
	BatchNumber    *string     `json:"batchNumber"`
	ExpiryDate     *string     `json:"expiryDate"`
	Repeat         *int32      `json:"repeat"`
	SampleDate     *Date       `json:"sampleDate"`
	InjectionDate  *Date       `json:"injectionDate"`
	Fasting        *bool       `json:"fasting"`
	Comments       *string     `json:"comments"`
	DateShared     *DateTime   `json:"dateShared"`
	CreatedAt      *DateTime   `json:"createdAt"`
	UpdatedAt      *DateTime   `json:"updatedAt"`
}

// Questionnaire is a type of the provider's API.
type Questionnaire struct {
	ID                  graphql.ID `json:"id"`
	Token               *string    `json:"token"`
	Title               *string    `json:"title"`
	ConfirmationMessage *string    `json:"confirmationMessage"`
	RedirectURL         *string    `json:"redirectUrl"`
	Header              *string    `json:"header"`
	Footer              *string    `json:"footer"`
	Deleted             *bool      `json:"deleted"`
	CreatedAt           *DateTime  `json:"createdAt"`
	UpdatedAt           *DateTime  `json:"updatedAt"`
}

// Contact is a type of the provider's API.
type Contact struct {
	ID       graphql.ID        `json:"id"`
	Phones   *[]*Phone         `json:"phones"`
	Metadata *[]*MetadataEntry `json:"metadata"`
}

// Episode is a type of the provider's API.
type Episode struct {
	ID              graphql.ID      `json:"id"`
	PatientID       *string         `json:"patientId"`
	PracticeID      *string         `json:"practiceId"`
	Title           string          `json:"title"`
	Type            string          `json:"type"`
	StartDate       Date            `json:"startDate"`
	Labels          *[]EpisodeLabel `json:"labels"`
	Deleted         *bool           `json:"deleted"`
	CreatedByUserID *string         `json:"createdByUserId"`
	CreatedAt       *DateTime       `json:"createdAt"`
	UpdatedAt       *DateTime       `json:"updatedAt"`
}

// EpisodeLabel is a type of the provider's API.
type EpisodeLabel struct {
	Value graphql.ID `json:"value"`
	Text  string     `json:"text"`
	Color string     `json:"color"`
}
