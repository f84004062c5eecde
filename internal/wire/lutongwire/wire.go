// Package lutongwire is what the lutong client and its sandbox share: the operations,
// their fields and the preset dialects. Field names in the tags are the names that
// dialects use; the wire names stand in the dialects.
package lutongwire

import (
	"encoding/json"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Verify is the request of A.1 验码接口.
type Verify struct {
	Code      zwfw.CodeText `zw:"code"`
	Scene     string        `zw:"scene,omitempty"`
	Device    string        `zw:"device,omitempty"`
	RequestNo string        `zw:"requestNo,omitempty"`
}

// Person is the answer of A.1 and A.3.
type Person struct {
	Name                zwfw.PersonName `zw:"name,key"`
	Phone               zwfw.Phone      `zw:"phone,omitempty"`
	IDNumber            zwfw.IDNumber   `zw:"idNumber,key"`
	IDType              string          `zw:"idType,omitempty"`
	MessageToken        zwfw.Secret     `zw:"messageToken,omitempty"`
	MessageTokenSeconds int64           `zw:"messageTokenSeconds,omitempty"`
	Extension           json.RawMessage `zw:"extension,alias=genExtInfo"`
	UserID              zwfw.Secret     `zw:"userId,omitempty"`
	CodeType            string          `zw:"codeType,omitempty"`
	CodeExpires         *time.Time      `zw:"codeExpireTime,omitempty"`
}

// Ticket is the request of A.2 取号结果接口.
type Ticket struct {
	Number       string        `zw:"number"`
	Holder       zwfw.IDNumber `zw:"holder"`
	Info         TicketInfo    `zw:"info"`
	MessageToken zwfw.Secret   `zw:"messageToken,omitempty"`
}

// TicketInfo is what the citizen sees of the ticket (numExtInfo). The blank members
// are sent blank in practice.
type TicketInfo struct {
	Hall              string          `zw:"hall"`
	Unit              string          `zw:"unit"`
	Item              string          `zw:"item"`
	Area              string          `zw:"area"`
	Windows           string          `zw:"windows"`
	WindowNumbers     string          `zw:"windowNumbers"`
	QueueNo           string          `zw:"queueNo"`
	QueueTime         time.Time       `zw:"queueTime,time=ms"`
	HolderName        zwfw.PersonName `zw:"holderName"`
	Waiting           int             `zw:"waiting,alias=waitnum"`
	Level             string          `zw:"level"`
	Remark            string          `zw:"remark"`
	HallPhone         string          `zw:"hallPhone"`
	HallAddress       string          `zw:"hallAddress"`
	HallBusRoute      string          `zw:"hallBusRoute"`
	HallSubwayRoute   string          `zw:"hallSubwayRoute"`
	Status            *int            `zw:"status"`
	ExpectWaitMinutes *int            `zw:"expectWaitMinutes"`
	TakeType          *int            `zw:"takeType"`
}

// Auth is the request of A.3 获取用户信息接口, gateway variant.
type Auth struct {
	AuthCode zwfw.Secret `zw:"authCode"`
}

// IdentityTicket is ticketValidate of 省统一身份认证.
type IdentityTicket struct {
	Ticket zwfw.Secret `zw:"ticket"`
}

// IdentityToken is its answer.
type IdentityToken struct {
	Token    zwfw.Secret `zw:"token,key"`
	UserType string      `zw:"userType,omitempty"`
}

// IdentityUser asks who a token stands for.
type IdentityUser struct {
	Token zwfw.Secret `zw:"token"`
}

// IdentityPerson is the answer of findPerUserByToken, in both generations' spellings.
type IdentityPerson struct {
	UserID    zwfw.Secret     `zw:"userId,omitempty,alias=userid"`
	LoginName zwfw.Secret     `zw:"loginName,omitempty,alias=loginname"`
	Name      zwfw.PersonName `zw:"name,key,alias=username"`
	Phone     zwfw.Phone      `zw:"phone,omitempty"`
	IDNumber  zwfw.IDNumber   `zw:"idNumber,key,alias=cardid|certno"`
	AuthLevel string          `zw:"authLevel,omitempty,alias=authlevel"`
}

// IdentityCorporation is the answer of findCorUserByToken.
type IdentityCorporation struct {
	Corporation string          `zw:"corporation,key"`
	CreditCode  string          `zw:"creditCode,omitempty"`
	CertNo      zwfw.IDNumber   `zw:"certNo,omitempty"` // of the corporation
	Role        string          `zw:"role,omitempty"`
	Name        zwfw.PersonName `zw:"name,key,alias=username"`
	IDNumber    zwfw.IDNumber   `zw:"idNumber,key"`
}
