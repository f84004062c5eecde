package portalwire

import "github.com/zwfw-go/zwfw"

// Ticket is spent for a session (单点登录, clause 4.1). Used once, within 60 s
// (assumption).
type Ticket struct {
	Ticket zwfw.Secret `zw:"ticket"`
}

// Session is what a ticket is exchanged for. The person's members arrive with it where
// the exchange is the only call (public practice of Heilongjiang's sites).
type Session struct {
	Token     zwfw.Secret     `zw:"token,key,alias=accessToken|access_token"`
	ExpiresIn int64           `zw:"expiresIn,omitempty"` // seconds
	UserType  string          `zw:"userType,omitempty"`  // 1 person, 2 legal person
	AuthLevel string          `zw:"authLevel,omitempty"` // 1 none, 2 primary, 3 advanced
	SessionID zwfw.Secret     `zw:"sessionId,omitempty"`
	Name      zwfw.PersonName `zw:"name,omitempty"`
	Phone     zwfw.Phone      `zw:"phone,omitempty"`
	IDNumber  zwfw.IDNumber   `zw:"idNumber,omitempty"`
}

// Token asks whom or what a token stands for.
type Token struct {
	Token zwfw.Secret `zw:"token"`
}

// User is who is logged in: Person, or Legal with its Agent. Some platforms put the
// person's members beside UserType instead (public practice); they stand in the fields
// below Agent then.
type User struct {
	UserType string       `zw:"userType,omitempty"`
	Person   *Person      `zw:"person,alias=personInfo"`
	Legal    *Corporation `zw:"legal,alias=legalPersonInfo|corporation"`
	Agent    *Person      `zw:"agent,alias=attn"`

	UserID    zwfw.Secret     `zw:"userId,omitempty,alias=uuid"`
	LoginName zwfw.Secret     `zw:"loginName,omitempty"`
	Name      zwfw.PersonName `zw:"name,omitempty,alias=username"`
	CertType  string          `zw:"certType,omitempty,alias=idtype"`
	CertNo    zwfw.IDNumber   `zw:"certNo,omitempty,alias=idnum|cardid"`
	Mobile    zwfw.Phone      `zw:"mobile,omitempty,alias=phone"`
	Sex       string          `zw:"sex,omitempty"`
	Nation    string          `zw:"nation,omitempty"`
	AuthLevel string          `zw:"authLevel,omitempty"`
}

// Person is a natural person, masked as the platform likes. The identity is dependable
// from AuthLevel 2 (public practice).
type Person struct {
	UserID    zwfw.Secret     `zw:"userId,omitempty,alias=uuid"`
	LoginName zwfw.Secret     `zw:"loginName,omitempty"`
	Name      zwfw.PersonName `zw:"name,omitempty,alias=username"`
	CertType  string          `zw:"certType,omitempty,alias=idtype"`
	CertNo    zwfw.IDNumber   `zw:"certNo,omitempty,alias=idnum|cardid"`
	Mobile    zwfw.Phone      `zw:"mobile,omitempty,alias=phone"`
	Sex       string          `zw:"sex,omitempty"`
	Nation    string          `zw:"nation,omitempty"`
	AuthLevel string          `zw:"authLevel,omitempty"`
	Role      string          `zw:"role,omitempty,alias=corUserRole"` // of an agent: 0 agent, 1 administrator, 2 legal representative
}

// Corporation is a legal person.
type Corporation struct {
	CorpID     string          `zw:"corpId,omitempty"`
	Name       string          `zw:"name,alias=corporationName"`
	CreditCode string          `zw:"creditCode,omitempty,alias=unifiedSocialId"`
	OrgType    string          `zw:"orgType,omitempty"`
	LegalName  zwfw.PersonName `zw:"legalName,omitempty,alias=principal"`
}

// TokenState answers a token check. Valid is nil where the platform says it by code
// alone.
type TokenState struct {
	Valid     *bool  `zw:"valid"`
	ExpiresIn int64  `zw:"expiresIn"` // seconds
	UserType  string `zw:"userType,omitempty"`
	AuthLevel string `zw:"authLevel,omitempty"`
}

// TicketRequest asks for a ticket that logs the user into a third application.
type TicketRequest struct {
	Token         zwfw.Secret `zw:"token"`
	TargetAppMark string      `zw:"targetAppMark"`
}

// IssuedTicket is that ticket.
type IssuedTicket struct {
	Ticket    zwfw.Secret `zw:"ticket,key,alias=st|ticketId|verid"`
	ExpiresIn int64       `zw:"expiresIn"` // seconds
}
