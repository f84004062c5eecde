package portal

import (
	"context"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// User is who is signed in: Person, or Legal with its Agent. Names and numbers may come
// masked (IsMasked).
type User struct {
	UserType UserType
	Level    Level // of the natural person or agent who logged in

	Person *Person      // of UserPerson
	Legal  *Corporation // of UserLegal
	Agent  *Person      // of UserLegal; nil when the platform left it out

	Answer
}

// RealName reports whether the fields of the identity are dependable.
func (u *User) RealName() bool { return u.Level >= LevelPrimary }

// Person is a natural person.
type Person struct {
	UserID    zwfw.Secret
	LoginName zwfw.Secret
	Name      zwfw.PersonName
	CertType  string // 111 resident ID card; others by the province's table
	CertNo    zwfw.IDNumber
	Mobile    zwfw.Phone
	Sex       string // 1 male, 2 female
	Nation    string
	Level     Level
	Role      Role // of an agent
}

// Role is an agent's: 经办人, 管理员, 法定代表人.
type Role string

// The roles (public practice).
const (
	RoleAgent               Role = "0"
	RoleAdministrator       Role = "1"
	RoleLegalRepresentative Role = "2"
)

// Corporation is a legal person.
type Corporation struct {
	CorpID     string
	Name       string
	CreditCode string // 统一社会信用代码
	OrgType    string
	LegalName  zwfw.PersonName // 法定代表人
}

// User (用户信息) tells whom a token stands for. The token is required. With verid@1 there
// is no such call: Session.User has the person.
//
// Errors: TokenInvalid, ProtocolMismatch with OutcomeDone when the answer names nobody, and
// those of every call.
//
// Source: public practice; names of other provinces are read too.
func (c *Client) User(ctx context.Context, token zwfw.Secret) (*User, error) {
	const op = "User"
	if err := c.engine.CheckSecret(op, "token", token, maxToken); err != nil {
		return nil, err
	}
	out, answer, meta, err := call[portalwire.User](ctx, c, op, &portalwire.Token{Token: token})
	if err != nil {
		return nil, err
	}
	u := userOf(out)
	if u.Person == nil && u.Legal == nil {
		return nil, c.engine.Useless(op, meta, "person", "the answer names neither a person nor a legal person")
	}
	u.Answer = answer
	return u, nil
}

// userOf puts the flat form and the nested one into the same fields.
func userOf(w *portalwire.User) *User {
	u := &User{UserType: userTypeOf(w.UserType), Level: levelOf(w.AuthLevel), Person: personOf(w.Person), Agent: personOf(w.Agent)}
	if w.Legal != nil {
		u.Legal = &Corporation{CorpID: w.Legal.CorpID, Name: w.Legal.Name, CreditCode: w.Legal.CreditCode, OrgType: w.Legal.OrgType, LegalName: w.Legal.LegalName}
	}
	if u.Person == nil && u.Legal == nil && (!w.UserID.IsZero() || !w.Name.IsZero() || !w.LoginName.IsZero()) {
		u.Person = personOf(&portalwire.Person{
			UserID: w.UserID, LoginName: w.LoginName, Name: w.Name, CertType: w.CertType, CertNo: w.CertNo, Mobile: w.Mobile,
			Sex: w.Sex, Nation: w.Nation, AuthLevel: w.AuthLevel,
		})
	}
	switch {
	case u.Legal != nil:
		u.UserType = UserLegal
		u.Level = max(u.Level, u.Agent.level())
	case u.Person != nil:
		u.UserType = UserPerson
		u.Level = max(u.Level, u.Person.level())
	}
	return u
}

func (p *Person) level() Level {
	if p == nil {
		return 0
	}
	return p.Level
}

func personOf(w *portalwire.Person) *Person {
	if w == nil {
		return nil
	}
	return &Person{
		UserID: w.UserID, LoginName: w.LoginName, Name: w.Name, CertType: w.CertType, CertNo: w.CertNo, Mobile: w.Mobile,
		Sex: w.Sex, Nation: w.Nation, Level: levelOf(w.AuthLevel), Role: Role(w.Role),
	}
}
