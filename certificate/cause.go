package certificate

import (
	"encoding/json"

	"github.com/zwfw-go/zwfw"
)

// Cause (事由) says what a certificate is asked for. It is a code in the standard and a free
// text in other practice, where it becomes the visible watermark of the copy. Required
// wherever a request has it; at most 2,000 characters.
type Cause string

// The causes of the standard. "03" exists as well; what it means is lost with the text.
const (
	CauseSharing Cause = "01" // 共享应用
	CauseShowing Cause = "02" // 亮证应用
	CauseOther   Cause = "99" // 其他
)

// Name gives the cause in words; a free text and an unknown code stand for themselves.
func (c Cause) Name() zwfw.Text {
	switch c {
	case CauseSharing:
		return zwfw.Text{ZH: "共享应用", EN: "sharing"}
	case CauseShowing:
		return zwfw.Text{ZH: "亮证应用", EN: "showing the certificate"}
	case CauseOther:
		return zwfw.Text{ZH: "其他", EN: "other"}
	}
	return zwfw.Text{ZH: string(c), EN: string(c)}
}

// CauseDetail is a cause in parts, which one practice sends as a JSON text.
type CauseDetail struct {
	System   string // certificateSystemName
	NonItem  bool   // certificateCallCategory: "0" for an item, "1" for none
	Item     string // certificateMatterName
	ItemCode string // certificateEventCode
	Purpose  string // certificateCopyCause
}

// Cause gives the JSON text.
func (d CauseDetail) Cause() Cause {
	category := "0"
	if d.NonItem {
		category = "1"
	}
	text, _ := json.Marshal(struct { // strings cannot fail
		System   string `json:"certificateSystemName"`
		Category string `json:"certificateCallCategory"`
		Item     string `json:"certificateMatterName"`
		ItemCode string `json:"certificateEventCode"`
		Purpose  string `json:"certificateCopyCause"`
	}{d.System, category, d.Item, d.ItemCode, d.Purpose})
	return Cause(text)
}
