package lutong

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
)

// bodyVersion stands first in the body of a message. A later version of this module
// reads all earlier ones; members that are added need no new version.
const bodyVersion = 1

// tokenLife is how long a message token lives when the platform's answer did not say
// (public practice).
const tokenLife = 7200 * time.Second

// storedTicket is a ticket in an outbox. Its values are clear: the outbox seals them,
// and protected types would write their masks.
type storedTicket struct {
	Number     string   `json:"number"`
	Holder     string   `json:"holder"`
	HolderName string   `json:"holderName"`
	Hall       string   `json:"hall"`
	Unit       string   `json:"unit"`
	Item       string   `json:"item"`
	Area       string   `json:"area"`
	Windows    []string `json:"windows"`
	QueueNo    string   `json:"queueNo"`
	QueueTime  int64    `json:"queueTime"` // ms since 1970, as it is sent
	Waiting    int      `json:"waiting,omitempty"`
	Level      string   `json:"level,omitempty"`
	Remark     string   `json:"remark,omitempty"`
	Phone      string   `json:"hallPhone,omitempty"`
	Address    string   `json:"hallAddress,omitempty"`
	BusRoute   string   `json:"hallBusRoute,omitempty"`
	Subway     string   `json:"hallSubway,omitempty"`
	Token      string   `json:"token,omitempty"`
	Expires    int64    `json:"tokenExpires,omitempty"` // ms since 1970
	Status     *int     `json:"status,omitempty"`
	Expect     *int     `json:"expectWait,omitempty"`
	TakeType   *int     `json:"takeType,omitempty"`
}

// sealable gives the body of a message.
func sealable(t Ticket) []byte {
	s := storedTicket{
		Number: t.Number, Holder: t.Holder.Reveal(), HolderName: t.HolderName.Reveal(),
		Hall: t.Hall, Unit: t.Unit, Item: t.Item, Area: t.Area, Windows: t.Windows,
		QueueNo: t.QueueNo, QueueTime: t.QueueTime.UnixMilli(), Waiting: t.Waiting, Level: t.Level, Remark: t.Remark,
		Phone: t.HallPhone, Address: t.HallAddress, BusRoute: t.HallBusRoute, Subway: t.HallSubway,
		Status: (*int)(t.Status), Expect: t.ExpectWaitMinutes, TakeType: (*int)(t.TakeType),
	}
	if !t.MessageToken.IsZero() {
		expires := t.MessageTokenExpires
		if expires.IsZero() {
			expires = t.QueueTime.Add(tokenLife)
		}
		s.Token, s.Expires = t.MessageToken.Reveal(), expires.UnixMilli()
	}
	text, _ := json.Marshal(s) // strings and numbers always can be
	return append([]byte{bodyVersion}, text...)
}

// contentHash tells two tickets of one Number apart. What changes while the ticket waits
// is left out. The outbox seals it with the key it is part of.
func contentHash(t Ticket) string {
	status := t.status()
	t.Status, t.Waiting, t.ExpectWaitMinutes, t.MessageToken = &status, 0, nil, zwfw.Secret{}
	sum := sha256.Sum256(sealable(t))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// errBody says nothing of what was found: it may be a citizen's.
var errBody = errors.New("lutong: the body of the message is no ticket of this version")

// readTicket reads what sealable wrote.
func readTicket(body []byte) (Ticket, error) {
	var s storedTicket
	if len(body) == 0 || body[0] != bodyVersion || json.Unmarshal(body[1:], &s) != nil {
		return Ticket{}, errBody
	}
	t := Ticket{
		Number: s.Number, Holder: zwfw.NewIDNumber(s.Holder), HolderName: zwfw.NewPersonName(s.HolderName),
		Hall: s.Hall, Unit: s.Unit, Item: s.Item, Area: s.Area, Windows: s.Windows,
		QueueNo: s.QueueNo, QueueTime: time.UnixMilli(s.QueueTime), Waiting: s.Waiting, Level: s.Level, Remark: s.Remark,
		HallPhone: s.Phone, HallAddress: s.Address, HallBusRoute: s.BusRoute, HallSubway: s.Subway,
		MessageToken: zwfw.NewSecret(s.Token),
		Status:       (*TicketStatus)(s.Status), ExpectWaitMinutes: s.Expect, TakeType: (*TakeType)(s.TakeType),
	}
	if s.Token != "" {
		t.MessageTokenExpires = time.UnixMilli(s.Expires)
	}
	return t, nil
}
