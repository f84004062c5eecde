package sandbox

import (
	"encoding/base64"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
	"github.com/zwfw-go/zwfw/qr"
)

// encryptedIDs lends identifiers that say nothing to anybody else.
func (c *certificateSide) encryptedIDs(x *exchange, list []*Certificate) *certificatewire.EncryptedIDs {
	ids := make([]certificatewire.EncryptedID, len(list))
	for i, k := range list {
		text := c.p.hex(96)
		c.p.mu.Lock()
		c.encrypted[text] = &lent{certificate: k, citizen: k.HolderCode.Reveal(), until: x.now.Add(c.setup.EncryptedLife)}
		c.p.mu.Unlock()
		ids[i] = certificatewire.EncryptedID{Type: k.TypeName, Name: k.TypeName, EncryptedID: zwfw.NewSecret(text)}
	}
	return &certificatewire.EncryptedIDs{Total: count(ids), List: ids}
}

func (c *certificateSide) byEncrypted(x *exchange, d *certificateDesk, op string, in certificatewire.ByEncryptedID) (any, *no) {
	if op != "QRCode" {
		if refusal := c.checkCause(in.Cause); refusal != nil {
			return nil, refusal
		}
	}
	k, refusal := c.shown(x, in)
	switch {
	case refusal != nil:
		return nil, refusal
	case !d.may(k):
		return nil, &no{kind: zwfw.PermissionDenied, code: "100"}
	case op != "QRCode":
		return c.addresses(x, []*Certificate{k}, in.Cause, nil)
	}
	return &certificatewire.QRCode{
		EncryptedID: in.EncryptedID, Image: zwfw.NewRaw([]byte(base64.StdEncoding.EncodeToString(c.picture(x, k)))), Seconds: int64(c.setup.QRCodeLife / time.Second),
	}, nil
}

// shown is a copy of the certificate behind an encrypted identifier, as it is now.
func (c *certificateSide) shown(x *exchange, in certificatewire.ByEncryptedID) (*Certificate, *no) {
	if in.EncryptedID.IsZero() {
		return nil, absent("EncryptedID")
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	e := c.encrypted[in.EncryptedID.Reveal()]
	if e == nil || x.now.After(e.until) {
		return nil, &no{kind: zwfw.NotFound, code: "10", text: "加密证照标识无效"}
	}
	held := *c.byID(e.certificate.ID)
	return &held, nil
}

// picture draws a certificate's code, which also starts a consent while it lives.
func (c *certificateSide) picture(x *exchange, k *Certificate) []byte {
	text := "SBXCERT" + c.p.hex(32)
	picture, err := qr.Encode(text)
	if err != nil {
		panic(err) // the text is ours
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.codes[text] = &lent{certificate: k, citizen: k.HolderCode.Reveal(), until: x.now.Add(c.setup.QRCodeLife)}
	return picture
}

// bareQRCode answers with the picture alone; false when the call is to be refused.
func (c *certificateSide) bareQRCode(x *exchange, d *certificateDesk, q *dock.Received) bool {
	var in certificatewire.ByEncryptedID
	if q.Decode(&in) != nil {
		return false
	}
	k, refusal := c.shown(x, in)
	if refusal != nil || !d.may(k) || x.fault.dropBefore || x.fault.refuse != "" || x.fault.code != "" {
		return false
	}
	x.entry.Answer = "OK"
	x.send(200, "image/png", c.picture(x, k), c.p)
	return true
}
