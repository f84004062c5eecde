package certificate

import (
	"errors"

	"github.com/zwfw-go/zwfw"
)

// HolderType is 持证主体代码类型代码 (GB/T 36903 appendix A): what kind of number a holder
// code is. The enumeration is open: other codes go through as they are.
type HolderType string

// The holder types, the same in three independent sources.
const (
	HolderOrganisation    HolderType = "001" // 统一社会信用代码
	HolderOtherLegal      HolderType = "099" // 其他法人或其他组织有效证件代码
	HolderResident        HolderType = "111" // 公民身份号码
	HolderOfficer         HolderType = "114" // 军官证
	HolderPoliceOfficer   HolderType = "115" // 武警警官证
	HolderSoldier         HolderType = "118" // 士兵证
	HolderPoliceSoldier   HolderType = "119" // 武警士兵证
	HolderArmyCivilian    HolderType = "120" // 解放军文职人员证
	HolderPoliceCivilian  HolderType = "122" // 武警文职人员证
	HolderDiplomatic      HolderType = "411" // 外交护照
	HolderService         HolderType = "412" // 公务护照
	HolderServiceOrdinary HolderType = "413" // 公务普通护照
	HolderPassport        HolderType = "414" // 普通护照
	HolderTaiwan          HolderType = "511" // 台湾居民来往大陆通行证
	HolderHongKongMacao   HolderType = "516" // 港澳居民来往内地通行证
	HolderOtherNatural    HolderType = "999" // 其他自然人有效证件代码
)

var holderTypes = map[HolderType]zwfw.Text{
	HolderOrganisation:    {ZH: "统一社会信用代码", EN: "unified social credit code"},
	HolderOtherLegal:      {ZH: "其他法人或其他组织有效证件代码", EN: "other document of an organisation"},
	HolderResident:        {ZH: "公民身份号码", EN: "citizen identity number"},
	HolderOfficer:         {ZH: "军官证", EN: "military officer card"},
	HolderPoliceOfficer:   {ZH: "武警警官证", EN: "armed police officer card"},
	HolderSoldier:         {ZH: "士兵证", EN: "soldier card"},
	HolderPoliceSoldier:   {ZH: "武警士兵证", EN: "armed police soldier card"},
	HolderArmyCivilian:    {ZH: "解放军文职人员证", EN: "army civilian card"},
	HolderPoliceCivilian:  {ZH: "武警文职人员证", EN: "armed police civilian card"},
	HolderDiplomatic:      {ZH: "外交护照", EN: "diplomatic passport"},
	HolderService:         {ZH: "公务护照", EN: "service passport"},
	HolderServiceOrdinary: {ZH: "公务普通护照", EN: "passport for public affairs"},
	HolderPassport:        {ZH: "普通护照", EN: "ordinary passport"},
	HolderTaiwan:          {ZH: "台湾居民来往大陆通行证", EN: "mainland travel permit for Taiwan residents"},
	HolderHongKongMacao:   {ZH: "港澳居民来往内地通行证", EN: "mainland travel permit for Hong Kong and Macao residents"},
	HolderOtherNatural:    {ZH: "其他自然人有效证件代码", EN: "other document of a person"},
}

// Name gives the type in words; an unknown code stands for itself.
func (t HolderType) Name() zwfw.Text { return nameOr(holderTypes, t) }

// Status is 接口调用状态, a platform's answer to a call. The enumeration is open.
type Status string

// The statuses. 0, 11, 12 and 24 are the standard's, the others public practice.
const (
	StatusOK              Status = "0"
	StatusNotProvided     Status = "2"
	StatusNotFound        Status = "10"
	StatusAuthentication  Status = "11"
	StatusMissing         Status = "12"
	StatusUnknownType     Status = "13"
	StatusRevoked         Status = "21"
	StatusExpired         Status = "22"
	StatusRestricted      Status = "23"
	StatusUnavailable     Status = "24"
	StatusOther           Status = "99"
	StatusNoPermission    Status = "100"
	StatusStateMisset     Status = "101"
	StatusBadParameter    Status = "102"
	StatusBadHolderType   Status = "103"
	StatusConsentAccepted Status = "60001"
)

var statuses = map[Status]zwfw.Text{
	StatusOK:              {ZH: "成功", EN: "done"},
	StatusNotProvided:     {ZH: "证照源未提供此服务接口", EN: "the certificate's source has no such service"},
	StatusNotFound:        {ZH: "未找到匹配的证照信息", EN: "no such certificate"},
	StatusAuthentication:  {ZH: "身份验证失败", EN: "authentication failed"},
	StatusMissing:         {ZH: "必填参数为空", EN: "a required parameter is empty"},
	StatusUnknownType:     {ZH: "证照类型不存在或未发布", EN: "certificate type unknown or not published"},
	StatusRevoked:         {ZH: "证照已废止或已注销", EN: "revoked"},
	StatusExpired:         {ZH: "证照已过期", EN: "expired"},
	StatusRestricted:      {ZH: "证照已受限使用", EN: "restricted"},
	StatusUnavailable:     {ZH: "申请下载的证照不可用", EN: "the file cannot be had"},
	StatusOther:           {ZH: "其他异常", EN: "other failure"},
	StatusNoPermission:    {ZH: "没有该类证照的权限", EN: "no right to this certificate type"},
	StatusStateMisset:     {ZH: "证照状态配置有误", EN: "state misconfigured at the platform"},
	StatusBadParameter:    {ZH: "参数值有误", EN: "bad parameter value"},
	StatusBadHolderType:   {ZH: "持证主体代码类型有误", EN: "bad holder type code"},
	StatusConsentAccepted: {ZH: "成功", EN: "done"},

	// Of VerifyFields at one platform; 105 to 108 are of its catalogue and templates.
	"109": {ZH: "核验信息缺少证照编号", EN: "the verification lacks the certificate's number"},
	"110": {ZH: "核验信息缺少持证主体代码", EN: "the verification lacks the holder's code"},
	"111": {ZH: "核验信息缺少持证主体名称", EN: "the verification lacks the holder's name"},
	"113": {ZH: "证照类型代码有误", EN: "bad certificate type code"},
}

// Name gives the status in words; an unknown one stands for itself.
func (s Status) Name() zwfw.Text { return nameOr(statuses, s) }

// StatusOf gives the status behind an error, "" when the platform gave none. The kind is
// for deciding, the status for telling 21 (revoked) from 22 (expired) and 23 (restricted),
// which are all CertificateUnavailable.
func StatusOf(err error) Status {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return ""
	}
	return Status(zwfw.PrintableCode(e.Code))
}

func nameOr[T ~string](names map[T]zwfw.Text, code T) zwfw.Text {
	if name, ok := names[code]; ok {
		return name
	}
	return zwfw.Text{ZH: string(code), EN: string(code)}
}
