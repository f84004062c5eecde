// Package yimatongwire is what the yimatong client and its sandbox share: the
// operations of 一码通 (DB3301/T part 3), their fields and the preset dialect. Field
// names in the tags are the names that dialects use; the wire names stand in the
// dialect. Every field is left out when it is empty: a platform says "missing" to both,
// and what the contract marks as an assumption is sent only when a caller sets it.
package yimatongwire

import (
	"time"

	"github.com/zwfw-go/zwfw"
)

// Position is the request of B.1 产生二维码接口 and B.3 渠道二维码接口: decimal degrees
// as text, in a coordinate system that the standard does not name.
type Position struct {
	Token     zwfw.Secret `zw:"token,omitempty"` // of the citizen's channel
	Latitude  string      `zw:"latitude,omitempty"`
	Longitude string      `zw:"longitude,omitempty"`
}

// QRCode is the answer of B.1. Image stays as it came, a "data:" prefix and line breaks
// included.
type QRCode struct {
	Type          string          `zw:"type,omitempty"` // gj: of the buses
	Image         zwfw.Raw        `zw:"image,key"`      // Base64 text of a picture
	ServerTime    *time.Time      `zw:"serverTime,time=yyyy-MM-dd HH:mm:ss"`
	ConcealedName zwfw.PersonName `zw:"concealedName,omitempty,alias=concealName|concelName"`
	ConcealedCard zwfw.IDNumber   `zw:"concealedCard,omitempty,alias=concealCard|concelCard"` // 16 or 18 characters
}

// Check refuses an answer whose picture is none.
func (q *QRCode) Check() (field, problem string) { return checkPicture(q.Image) }

// ChannelQRCode is the answer of B.3: name and number in clear, neither signed nor
// sealed. The table misprints three names (userNmae, concelName, concelCard), the
// example has them right. The number may be empty, null or absent; ServerTime is called
// the time of the request here.
type ChannelQRCode struct {
	Type          string          `zw:"type,omitempty"`
	Image         zwfw.Raw        `zw:"image,key"`
	IDNumber      zwfw.IDNumber   `zw:"idNumber"`
	ServerTime    *time.Time      `zw:"serverTime,time=yyyy-MM-dd HH:mm:ss"`
	Name          zwfw.PersonName `zw:"name,omitempty,alias=userName|userNmae"`
	ConcealedName zwfw.PersonName `zw:"concealedName,omitempty,alias=concealName|concelName"`
	ConcealedCard zwfw.IDNumber   `zw:"concealedCard,omitempty,alias=concealCard|concelCard"`
}

// Check refuses an answer whose picture is none.
func (q *ChannelQRCode) Check() (field, problem string) { return checkPicture(q.Image) }

// TagsOf is the request of B.2 用户标签信息查询接口.
type TagsOf struct {
	Token zwfw.Secret `zw:"token,omitempty"`
}

// UserTags is the answer of B.2: a list in the example, one tag beside the code in the
// table. All gives both forms.
type UserTags struct {
	Tags []Tag `zw:"tags"`

	Icon            string            `zw:"icon,omitempty"`
	No              *int              `zw:"no"`
	Text            zwfw.PlatformText `zw:"text,omitempty"`
	BackgroundColor *int              `zw:"backgroundColor"`
	FontColor       *int              `zw:"fontColor"`
}

// All lists the tags as they came, unsorted, without elements that say nothing.
func (u *UserTags) All() []Tag {
	var tags []Tag
	for _, t := range u.Tags {
		if t != (Tag{}) {
			tags = append(tags, t)
		}
	}
	flat := Tag{Icon: u.Icon, No: deref(u.No), Text: u.Text, BackgroundColor: deref(u.BackgroundColor), FontColor: deref(u.FontColor)}
	if len(tags) == 0 && flat != (Tag{}) {
		tags = append(tags, flat)
	}
	return tags
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// Tag is one label of a citizen, such as 退役军人. The colours are enumerations whose
// values no text lists. The label says something about a person and prints masked.
type Tag struct {
	Icon            string            `zw:"icon"` // an address, mostly relative
	No              int               `zw:"no"`
	Text            zwfw.PlatformText `zw:"text"`
	BackgroundColor int               `zw:"backgroundColor"`
	FontColor       int               `zw:"fontColor"`
}

// Decode is the request of B.4 解码能力接口. Device is a device number, not a MAC
// address. Nonce and Scene are extensions that are signed with the rest (assumption).
type Decode struct {
	Code   zwfw.CodeText `zw:"code,omitempty"`
	Device string        `zw:"device,omitempty"`
	Nonce  string        `zw:"nonce,omitempty"`
	Scene  string        `zw:"scene,omitempty"`
}

// Decoded is what the sealed response of B.4 holds. The standard names userName,
// idCard, concealName, concealCard, qrcodeType and serverTime elsewhere; that they stand
// here, and all other names, are assumptions.
type Decoded struct {
	UserID        zwfw.Secret     `zw:"userId,key"`
	Name          zwfw.PersonName `zw:"name,key,alias=userName|userNmae"`
	IDNumber      zwfw.IDNumber   `zw:"idNumber,key"`
	IDType        string          `zw:"idType,omitempty"`
	Phone         zwfw.Phone      `zw:"phone,omitempty,useful"`
	ConcealedName zwfw.PersonName `zw:"concealedName,omitempty,alias=concealName|concelName,useful"`
	ConcealedCard zwfw.IDNumber   `zw:"concealedCard,omitempty,alias=concealCard|concelCard,useful"`
	Type          string          `zw:"type,omitempty"`
	Tags          []Tag           `zw:"tags"`
	CodeStatus    string          `zw:"codeStatus,omitempty"` // VALID here: the dialect refuses the others
	ServerTime    *time.Time      `zw:"serverTime,time=yyyy-MM-dd HH:mm:ss"`
	DecodeID      string          `zw:"decodeId,omitempty"`
	Emergency     bool            `zw:"emergency"`
}

// Authorize is the request of B.5 第三方授权接口, whose table is cut off after these
// two. AppID is a field and no credential, so that a caller without B.5 needs none and a
// platform may serve several applications.
type Authorize struct {
	Code  zwfw.Secret `zw:"code,omitempty"`
	AppID string      `zw:"appId,omitempty"`
}

// Grant is its answer (assumption, by analogy with 浙里办).
type Grant struct {
	Token        zwfw.Secret `zw:"token,key"`
	Seconds      int64       `zw:"seconds,omitempty"`
	RefreshToken zwfw.Secret `zw:"refreshToken,omitempty"`
	OpenID       zwfw.Secret `zw:"openId,omitempty"`
	UserID       zwfw.Secret `zw:"userId,omitempty"`
	Scope        string      `zw:"scope,omitempty"`
}
