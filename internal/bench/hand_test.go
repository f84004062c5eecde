package bench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"

	"github.com/zwfw-go/zwfw/lutong"
)

// byHand is VerifyCode as an integrator would write it for one city: no dialect, no
// outcome, no masks, no clock.
type byHand struct {
	client *http.Client
	config lutong.Config
	key    *sm2.PrivateKey
}

func newByHand(c lutong.Config) (*byHand, error) {
	der, err := c.PrivateKey.MarshalPKCS8()
	if err != nil {
		return nil, err
	}
	key, err := pkcs8.ParsePKCS8PrivateKeySM2(der)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
	return &byHand{client: &http.Client{Transport: transport}, config: c, key: key}, nil
}

type person struct{ Name, Phone, Number, Type string }

func (h *byHand) verify(ctx context.Context, code string) (person, error) {
	body, err := json.Marshal(struct {
		AcceptOrgID string `json:"acceptOrgId"`
		CodeContent string `json:"codeContent"`
	}{h.config.OrgID, code})
	if err != nil {
		return person{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.BaseURL+"/idcodeCore/api/gateway/decode", bytes.NewReader(body))
	if err != nil {
		return person{}, err
	}
	var raw [16]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return person{}, err
	}
	nonce := fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
	stamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	token := h.config.AccessToken.Reveal()
	mac := hmac.New(sm3.New, []byte(token))
	mac.Write([]byte(stamp + token + nonce + stamp))
	r.Header.Set("Content-Type", "application/json; charset=UTF-8")
	r.Header.Set("x-sop-pinId", h.config.AccessID)
	r.Header.Set("x-sop-timestamp", stamp)
	r.Header.Set("x-sop-nonce", nonce)
	r.Header.Set("x-sop-signature", hex.EncodeToString(mac.Sum(nil)))
	resp, err := h.client.Do(r)
	if err != nil {
		return person{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return person{}, err
	}
	var reply struct {
		Response struct {
			Error *struct{ Code, Message string }
			Data  struct{ UserNameCyp, MobileCyp, CertNoCyp, CertTypeCyp, MsgToken, TokenExpireTime string }
		}
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return person{}, err
	}
	if reply.Response.Error != nil {
		return person{}, errors.New(reply.Response.Error.Message)
	}
	var p person
	d := reply.Response.Data
	for _, f := range []struct {
		into   *string
		sealed string
	}{{&p.Name, d.UserNameCyp}, {&p.Phone, d.MobileCyp}, {&p.Number, d.CertNoCyp}, {&p.Type, d.CertTypeCyp}} {
		sealed, err := hex.DecodeString(f.sealed)
		if err != nil {
			return person{}, err
		}
		plain, err := h.key.Decrypt(nil, sealed, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
		if err != nil {
			return person{}, err
		}
		*f.into = string(plain)
	}
	return p, nil
}
