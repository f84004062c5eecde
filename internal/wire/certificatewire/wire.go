// Package certificatewire is what the certificate client and its sandbox share: the
// operations of 电子证照 sharing (DB51/T 2942—2022 and the GB/T 36906 family), their
// fields and the preset dialects. Field names in the tags are the names that dialects
// use; the wire names stand in the dialects. Every field is left out when it is empty: a
// platform says "required parameter empty" to both.
//
// The download itself (GET of the address, 11 in the contract) is no operation of a
// dialect: it answers with a file and not in the envelope, and stays with the client. A
// QR code may come as a bare picture in place of the envelope.
package certificatewire

import (
	"reflect"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// Holder is the request of 6.2 检索, of 6.3.1 申请下载 and 6.4.1 获取证照信息 by holder,
// and, without a cause, of 加密电子证照标识信息获取. Type is the certificate type's Chinese
// name. Context holds further keys that practice sends along (五要素: orgName, itemName
// …), top level, under their wire names. On the platform's side it also holds what other
// templates of the body read.
type Holder struct {
	Code     zwfw.IDNumber     `zw:"holderCode,omitempty"`
	CodeType string            `zw:"holderType,omitempty"` // GB/T 36903 appendix A: 111 公民身份号码
	Type     string            `zw:"type,omitempty"`
	Number   zwfw.IDNumber     `zw:"number,omitempty"`
	Cause    string            `zw:"cause,omitempty"` // 01 共享应用, 02 亮证应用, 99 其他; 03 is lost
	Expiry   *time.Time        `zw:"expiry,time=yyyyMMddHHmmss"`
	Context  map[string]string `zw:"..."`
}

// ByID is the request of 6.3.2 申请下载 and 6.4.2 获取证照信息 by 电子证照标识. Expiry is that
// of the annotated copy (加注件); its format is an assumption.
type ByID struct {
	ID      zwfw.IDNumber     `zw:"id,omitempty"`
	Cause   string            `zw:"cause,omitempty"`
	Expiry  *time.Time        `zw:"expiry,time=yyyyMMddHHmmss"`
	Context map[string]string `zw:"..."`
}

// ByEncryptedID is the request of 6.3.3 申请下载 by 加密电子证照标识 and of its QR code, which
// takes no cause. WorkID is 办事授权码 (public practice).
type ByEncryptedID struct {
	EncryptedID zwfw.Secret       `zw:"encryptedId,omitempty"`
	WorkID      string            `zw:"workId,omitempty"`
	Cause       string            `zw:"cause,omitempty"`
	Context     map[string]string `zw:"..."`
}

// VerifyFields is the request of 6.5.1. What is compared stands in an object of its own
// on the wire; here its nine members are flat, because one practice puts the holder's
// code among them.
type VerifyFields struct {
	Code     zwfw.IDNumber `zw:"holderCode,omitempty"`
	CodeType string        `zw:"holderType,omitempty"`
	TypeCode string        `zw:"typeCode,omitempty"` // 21 characters; some sites take the name
	Cause    string        `zw:"cause,omitempty"`

	Type       string          `zw:"type,omitempty"`
	Name       string          `zw:"name,omitempty"`
	Number     zwfw.IDNumber   `zw:"number,omitempty"`
	Holder     zwfw.PersonName `zw:"holder,omitempty"`
	Issuer     string          `zw:"issuer,omitempty"`
	IssuerCode string          `zw:"issuerCode,omitempty"`
	IssueDate  Date            `zw:"issueDate,omitempty,time=yyyy年MM月dd日"`
	ValidFrom  Date            `zw:"validFrom,omitempty,time=yyyy年MM月dd日"`
	ValidUntil Date            `zw:"validUntil,omitempty,time=yyyy年MM月dd日"` // may be 长期

	Context map[string]string `zw:"..."`
}

// VerifyFile is the request of the file's verification, of which no standard text is
// left. ContentType is base64.
type VerifyFile struct {
	TypeCode    string            `zw:"typeCode,omitempty"`
	ContentType string            `zw:"contentType,omitempty"`
	Content     zwfw.Raw          `zw:"content,omitempty"`
	Cause       string            `zw:"cause,omitempty"`
	Context     map[string]string `zw:"..."`
}

// Verdict is the answer of both verifications. A negative result is no error. Of fields:
// 0 correct and valid, 1 not active, 2 suspended, 3 no longer valid, 4 too little given,
// 5 unknown, other codes a difference. Of files: 0, 1 seal wrong, 2 file wrong, 22 no
// Base64.
type Verdict struct {
	Result  string            `zw:"result,key"`
	Message zwfw.PlatformText `zw:"message,omitempty"`
}

// Found is the answer of Search.
type Found struct {
	Total *int     `zw:"total"`
	List  []Record `zw:"list,alias=dataList|data"`
}

// Records are the certificates found, without list elements that say nothing.
func (f *Found) Records() []Record { return saying(f.List) }

// Record is one line of a search.
type Record struct {
	ID         zwfw.IDNumber `zw:"certificateID,omitempty,alias=certificateIdentifier|certIdentifier|cert_identifier|zzbs|zzeCertID|Zzcertid"`
	Type       string        `zw:"certificateType,omitempty"`
	Name       string        `zw:"certificateName,omitempty"`
	Number     zwfw.IDNumber `zw:"certificateNumber,omitempty"`
	Issuer     string        `zw:"issueDept,omitempty"`
	IssueDate  Date          `zw:"issueDate,omitempty"`
	AreaCode   string        `zw:"certificateAreaCode,omitempty,alias=certificate_area_code"`
	DataSource string        `zw:"dataSource,omitempty,alias=data_source"`
}

// Files is the answer of the three applications for a download.
type Files struct {
	Total *int   `zw:"total"`
	List  []File `zw:"list,key,alias=dataList|data"`
}

// Addresses are the files, without list elements that say nothing. None means that the
// platform said done and gave nothing.
func (f *Files) Addresses() []File { return saying(f.List) }

// Check tells an answer in which nothing leads to a file.
func (f *Files) Check() (field, problem string) {
	for _, file := range f.List {
		if !file.URL.IsZero() || !file.Content.IsZero() {
			return "", ""
		}
	}
	return "list.fileUrl", "the platform says done and gives neither an address nor a file"
}

// File is where a certificate's file can be fetched: once, within about ten minutes, so
// the address is a credential; it may be relative. In another practice ContentType says
// whether Content is an address ("http") or the file itself ("base64").
type File struct {
	ID          zwfw.IDNumber `zw:"certificateID,omitempty,alias=certificateIdentifier|certIdentifier|cert_identifier|zzbs|zzeCertID|Zzcertid"`
	Type        string        `zw:"certificateType,omitempty"`
	Number      zwfw.IDNumber `zw:"certificateNumber,omitempty"`
	Issuer      string        `zw:"issueDept,omitempty"`
	IssueDate   Date          `zw:"issueDate,omitempty"`
	Format      string        `zw:"fileFormat,omitempty"`
	URL         zwfw.Secret   `zw:"fileUrl,omitempty"`
	ContentType string        `zw:"contentType,omitempty"`
	Content     zwfw.Raw      `zw:"content,omitempty"`
}

// Infos is the answer of 6.4.1 and 6.4.2: metadata and face of certificates.
type Infos struct {
	Total *int   `zw:"total"`
	List  []Info `zw:"list,alias=dataList|data"`
}

// Certificates are the certificates, without list elements that say nothing.
func (i *Infos) Certificates() []Info { return saying(i.List) }

// Info is one certificate's metadata (元数据) and face (照面).
type Info struct {
	ID          zwfw.IDNumber   `zw:"certificateID,omitempty,alias=certificateIdentifier|certIdentifier|cert_identifier|zzbs|zzeCertID|Zzcertid"`
	Type        string          `zw:"certificateType,omitempty"`
	Name        string          `zw:"certificateName,omitempty"`
	Holder      zwfw.PersonName `zw:"certificateHolder,omitempty"`
	HolderCode  zwfw.IDNumber   `zw:"certificateHolderCode,omitempty"`
	HolderType  string          `zw:"certificateHolderType,omitempty,alias=certificate_holder_type"`
	Number      zwfw.IDNumber   `zw:"certificateNumber,omitempty"`
	Issuer      string          `zw:"issueDept,omitempty"`
	IssuerCode  string          `zw:"issueDeptCode,omitempty"`
	IssueDate   Date            `zw:"issueDate,omitempty"`
	ValidFrom   Date            `zw:"certificateValidateStart,omitempty"`
	ValidUntil  Date            `zw:"certificateValidateEnd,omitempty"` // may be 长期
	DigitalSign zwfw.Raw        `zw:"digitalSign"`
	Surface     []Face          `zw:"surface"`
	Detail      []Group         `zw:"detail,omitempty"`
}

// Face is one item of a certificate's face.
type Face struct {
	Name      string   `zw:"name"`
	Value     zwfw.Raw `zw:"value"`
	ValueType string   `zw:"valueType"`
	Column    string   `zw:"columnName"`
	Order     *int     `zw:"orderNum"`

	Other map[string]string `zw:"..."` // members that no text names
}

// Group is items that belong together.
type Group struct {
	Name string `zw:"group"`
	List []Face `zw:"datalist"`
}

// EncryptedIDs is the answer of 加密电子证照标识信息获取; its form is an assumption.
type EncryptedIDs struct {
	Total *int          `zw:"total"`
	List  []EncryptedID `zw:"list,alias=dataList|data"`
}

// Identifiers are the encrypted identifiers, without list elements that say nothing.
func (e *EncryptedIDs) Identifiers() []EncryptedID { return saying(e.List) }

// EncryptedID is one certificate under an identifier that only the platform can read.
type EncryptedID struct {
	Type        string      `zw:"certificateType,omitempty"`
	Name        string      `zw:"certificateName,omitempty"`
	EncryptedID zwfw.Secret `zw:"encryptedId,omitempty"`
}

// QRCode is the answer of 加密电子证照二维码: a picture in Base64, whose content nobody but
// the platform can read.
type QRCode struct {
	EncryptedID zwfw.Secret `zw:"encryptedId,omitempty"`
	Image       zwfw.Raw    `zw:"image,key,alias=qrCode"`
	Seconds     int64       `zw:"seconds,omitempty,alias=expiresIn"`
}

// Check tells a code without a readable picture.
func (q *QRCode) Check() (field, problem string) {
	if _, _, err := dock.Picture(q.Image.Reveal()); err != nil {
		return "image", err.Error()
	}
	return "", ""
}

// StartConsent, ConsentState and ReadConsented are one practice's flow in which a citizen
// consents on the telephone (public practice of one vendor; most names and all paths are
// assumptions). Code is the text of a shown code.
type StartConsent struct {
	Code      zwfw.CodeText     `zw:"code,omitempty"`
	TypeCodes []string          `zw:"typeCodes"`
	Cause     string            `zw:"cause,omitempty"`
	Context   map[string]string `zw:"..."`
}

// Consent is the answer to StartConsent and the question of ConsentState.
type Consent struct {
	Transaction zwfw.Secret `zw:"transaction,key,alias=trxId"`
}

// ConsentState is "1" while the citizen is asked, "2" when consent was given; anything
// else is a no.
type ConsentState struct {
	State string `zw:"state,key,alias=verifyStatus"`
}

// ReadConsented asks for a certificate that the citizen consented to. The answer is that
// of InfoByID.
type ReadConsented struct {
	Transaction zwfw.Secret       `zw:"transaction,omitempty"`
	TypeCode    string            `zw:"typeCode,omitempty"`
	Cause       string            `zw:"cause,omitempty"`
	Context     map[string]string `zw:"..."`
}

// Login is what a platform gives a unit that logs in: a session or a token, JWT in one
// practice. What is sent for it stands in the dialect alone; no preset has the
// operation.
type Login struct {
	Token   zwfw.Secret `zw:"token,key,alias=sessionId|access_token|accessToken"`
	Seconds int64       `zw:"seconds,omitempty,alias=expires_in|expiresIn|expires"`
}

// saying drops the elements that say nothing, as {} in place of a list. It works in
// place: a list may be all of a large answer.
func saying[T any](list []T) []T {
	elements, kept := reflect.ValueOf(list), list[:0]
	for i := range list {
		if !empty(elements.Index(i)) {
			kept = append(kept, list[i])
		}
	}
	return kept
}

func empty(v reflect.Value) bool {
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() && !(f.Kind() == reflect.Slice && f.Len() == 0) {
			return false
		}
	}
	return true
}
