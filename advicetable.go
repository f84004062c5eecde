package zwfw

// supportLine is read out on the telephone; it holds no personal datum.
var supportLine = Text{
	ZH: "错误类型 {kind}，平台代码 {platformCode}，请求号 {request}",
	EN: "kind {kind}, platform code {platformCode}, request {request}",
}

// defaultAdvice is never written to; DefaultAdvice copies it. The citizen texts are
// at most 20 characters in Chinese and say one thing to do.
var defaultAdvice = AdviceBook{
	"CodeExpired": {
		Citizen: Text{"请刷新{code}后重新扫码", "Please refresh your {code} and scan again"},
		Staff:   Text{"码已过期。请群众在手机上刷新后再扫；若刷新后仍过期，请核对本机时间。", "The code has expired. Ask for a refreshed {code}; if a fresh one also fails, check this machine's clock."},
	},
	"CodeUsed": {
		Citizen: Text{"此码已使用，请刷新后再扫", "This code was used; please refresh and scan again"},
		Staff:   Text{"该码已被使用过。请先查看是否已取过号，再请群众刷新{code}。", "The code was used before. Check whether a ticket was already taken, then ask for a refreshed {code}."},
	},
	"CodeNotFound": {
		Citizen: Text{"未找到此码，请重新打开{code}", "Code not found; please open your {code} again"},
		Staff:   Text{"平台没有这个码。请确认出示的是{code}而不是截图或其他码。", "The platform does not know this code. Make sure it is a live {code}, no screenshot and no other code."},
	},
	"CodeMalformed": {
		Citizen: Text{"无法识别此码，请出示{code}", "Code not readable; please show your {code}"},
		Staff:   Text{"扫到的内容不是有效的码。请确认出示的是{code}，并检查扫码枪的后缀设置。", "What was scanned is no valid code. Make sure it is a {code}, and check the scanner's suffix setting."},
	},
	"CodeTypeUnsupported": {
		Citizen: Text{"此处不支持该码，请出示{code}", "This code is not accepted here; show your {code}"},
		Staff:   Text{"平台不支持该类型的码。请群众改用{code}或身份证。", "The platform does not accept this type. Ask for a {code} or the ID card."},
	},
	"CodeNotYetValid": {
		Citizen: Text{"此码尚未生效，请稍后再扫", "Code not valid yet; please scan again shortly"},
		Staff:   Text{"码尚未生效，多为时间不一致。请核对本机和群众手机的时间。", "The code is not valid yet, mostly a matter of clocks. Check this machine's time and the phone's."},
	},
	"SceneDenied": {
		Citizen: Text{"此码不能在此使用，请咨询工作人员", "This code cannot be used here; please ask staff"},
		Staff:   Text{"本单位未开通该场景。请使用身份证办理，并联系平台开通场景权限。", "Your organisation has no permission for this use. Use the ID card, and ask the platform to grant it."},
	},
	"EmergencyInvalid": {
		Citizen: Text{"应急码无效，请出示{code}", "Emergency code invalid; show your {code}"},
		Staff:   Text{"应急码无效或此时不接受。请改用{code}或身份证。", "The emergency code is invalid or not accepted now. Use the {code} or the ID card."},
	},
	"ConsentRequired": {
		Citizen: Text{"请先在手机上确认授权", "Please authorise on your phone first"},
		Staff:   Text{"群众尚未授权。请其在手机上确认授权后再试。", "The citizen has not authorised this. Ask for consent on the phone, then try again."},
	},
	"NotRealName": {
		Citizen: Text{"请先在手机上完成实名认证", "Please complete real-name verification first"},
		Staff:   Text{"该用户未实名认证。请引导其完成认证或改用身份证。", "The user is not real-name verified. Help with that, or use the ID card."},
	},
	"UserNotFound": {
		Citizen: Text{"未查到您的信息，请使用身份证", "No record found; please use your ID card"},
		Staff:   Text{"平台没有该用户。请改用身份证办理。", "The platform does not know this user. Use the ID card."},
	},
	"TokenInvalid": {
		Citizen: Text{"登录已失效，请重新扫码", "Your session has ended; please scan again"},
		Staff:   Text{"令牌无效或已过期。请群众重新扫码；若反复出现，请核对接入令牌配置。", "The token is invalid or expired. Scan again; if it keeps happening, check the configured access token."},
	},
	"DuplicateTicket": {
		Citizen: Text{"您已取过号，请留意叫号", "You already have a number; please wait for the call"},
		Staff:   Text{"该群众已取过同一事项的号，请查询原号票。", "This citizen already holds a ticket for the item; look up the first one."},
	},
	"ClockSkew": {
		Citizen: Text{"设备时间有误，请使用身份证办理", "This machine's clock is wrong; please use your ID card"},
		Staff:   Text{"本机时间与平台相差过大{offset}。请校准系统时间（检查时区和对时服务）后重试。", "This machine's clock is too far from the platform's{offset}. Set it right (time zone, time service) and try again."},
	},
	"Signature": {
		Citizen: Text{"系统维护中，请使用身份证办理", "Service unavailable; please use your ID card"},
		Staff:   Text{"本系统的签名未通过平台验证。请使用身份证办理，并联系系统厂商核对密钥。", "The platform rejects this system's signature. Use the ID card and have the vendor check the keys."},
	},
	"Replay": {
		Citizen: Text{"请刷新{code}后重新扫码", "Please refresh your {code} and scan again"},
		Staff:   Text{"平台认为请求重复。请刷新码后再试；若反复出现，请联系系统厂商。", "The platform saw the same request twice. Refresh and try again; if it keeps happening, call the vendor."},
	},
	"CallerDenied": {
		Citizen: Text{"系统维护中，请使用身份证办理", "Service unavailable; please use your ID card"},
		Staff:   Text{"平台未允许本单位接入。请使用身份证办理，并联系平台核对机构和接入编号。", "The platform does not admit this organisation. Use the ID card and have organisation and access ids checked."},
	},
	"DeviceDenied": {
		Citizen: Text{"本机暂停使用，请换一台设备", "This machine is out of use; please try another"},
		Staff:   Text{"平台未登记或已停用本设备。请换设备，并联系平台登记设备编号。", "This device is not registered or is disabled. Use another one and have its number registered."},
	},
	"PermissionDenied": {
		Citizen: Text{"暂无权限，请咨询工作人员", "No permission; please ask staff"},
		Staff:   Text{"本单位没有该接口或数据的权限。请联系平台开通。", "Your organisation has no right to this interface or data. Ask the platform to grant it."},
	},
	"RateLimited": {
		Citizen: Text{"请稍候片刻再扫", "Please wait a moment and scan again"},
		Staff:   Text{"请求过于频繁。请稍候再试。", "Too many calls. Wait a moment and try again."},
	},
	"BadRequest": {
		Citizen: Text{"信息有误，请咨询工作人员", "Something is wrong; please ask staff"},
		Staff:   Text{"提交的内容不符合要求。请按提示改正该字段；不明白时联系系统厂商。", "A field is not as required. Correct it as the message says, or call the vendor."},
	},
	"NotSupported": {
		Citizen: Text{"暂不支持，请咨询工作人员", "Not supported; please ask staff"},
		Staff:   Text{"当地平台没有此项功能，请改用其他方式办理。", "The local platform has no such function. Use another way."},
	},
	"TooLarge": {
		Citizen: Text{"内容过大，请咨询工作人员", "Too large; please ask staff"},
		Staff:   Text{"内容超过上限。请分批或减小后再试。", "The content is over a limit. Split or shrink it."},
	},
	"Conflict": {
		Citizen: Text{"信息不一致，请咨询工作人员", "Records differ; please ask staff"},
		Staff:   Text{"平台已有同一编号但内容不同的记录。请核对编号。", "The platform holds other content under this number. Check the number."},
	},
	"WrongState": {
		Citizen: Text{"当前不能办理，请咨询工作人员", "Not possible now; please ask staff"},
		Staff:   Text{"当前状态不允许此操作。请刷新后查看最新状态。", "The present state does not allow this. Refresh and look at the latest state."},
	},
	"LimitReached": {
		Citizen: Text{"已达上限，请咨询工作人员", "Limit reached; please ask staff"},
		Staff:   Text{"次数或期限已达上限，不能再次申请。", "The number or the period is used up; no further application is possible."},
	},
	"Stale": {
		Citizen: Text{"信息已更新，请稍后查看", "Already updated; please look again later"},
		Staff:   Text{"平台已有更新的数据，本次提交已不需要。", "The platform holds newer data; this submission is no longer needed."},
	},
	"InvalidRows": {
		Citizen: Text{"信息有误，请咨询工作人员", "Something is wrong; please ask staff"},
		Staff:   Text{"部分数据行不合格，请按行改正后重新提交。", "Some rows were rejected. Correct them and submit again."},
	},
	"NotFound": {
		Citizen: Text{"未查到记录，请咨询工作人员", "No record found; please ask staff"},
		Staff:   Text{"平台没有该记录，请核对编号。", "The platform has no such record. Check the number."},
	},
	"CertificateUnavailable": {
		Citizen: Text{"该证照暂不可用，请咨询工作人员", "Certificate unavailable; please ask staff"},
		Staff:   Text{"证照已注销、过期、受限或未生效，不能下载。请核验实体证照。", "The certificate is revoked, expired, restricted or not active and cannot be downloaded. Check the paper one."},
	},
	"DecryptFailed": {
		Citizen: Text{"系统维护中，请使用身份证办理", "Service unavailable; please use your ID card"},
		Staff:   Text{"数据解密失败，多为密钥不匹配。请使用身份证办理，并联系系统厂商。", "Data could not be opened, mostly a wrong key. Use the ID card and call the vendor."},
	},
	"ProtocolMismatch": {
		Citizen: Text{"系统维护中，请使用身份证办理", "Service unavailable; please use your ID card"},
		Staff:   Text{"平台返回的内容无法识别。请使用身份证办理，并联系系统厂商核对地址和接口版本。", "The platform's answer is not understood. Use the ID card and have address and interface version checked."},
	},
	"KeyMismatch": {
		Citizen: Text{"系统维护中，请使用身份证办理", "Service unavailable; please use your ID card"},
		Staff:   Text{"配置的密钥不适用。请联系系统厂商。", "A configured key does not fit. Call the vendor."},
	},
	"EmergencyAllowed": {
		Citizen: Text{"平台维护中，请出示应急码", "Service closed; please show an emergency code"},
		Staff:   Text{"平台维护中，允许使用应急码。本机支持时请扫应急码，否则请使用身份证。", "The platform is closed and allows emergency codes. Scan one if this machine can, otherwise use the ID card."},
	},
	"Unclassified": {
		Citizen: Text{"办理未成功，请咨询工作人员", "Not successful; please ask staff"},
		Staff:   Text{"平台拒绝了请求，原因未列入对照表。请查看平台原文或联系平台。", "The platform refused for a reason no table lists. Read its own words or call the platform."},
	},
	"Canceled": {
		Citizen: Text{"操作已取消", "Cancelled"},
		Staff:   Text{"操作已被取消，可重新开始。", "The operation was cancelled. Start again."},
	},
	"Closed": {
		Citizen: Text{"系统正在重启，请稍候", "Restarting; please wait"},
		Staff:   Text{"程序正在退出或重启，请稍候再试。", "The program is stopping or restarting. Try again shortly."},
	},
	// A platform that cannot be reached: name the way that works without it.
	"Down": {
		Citizen: Text{"系统繁忙，请使用身份证办理", "Service busy; please use your ID card"},
		Staff:   Text{"平台或线路不通，请求未生效。请引导群众使用身份证，并检查网络。", "The platform or the line is down; nothing took effect. Use ID cards and check the network."},
	},
	"Unknown": {
		Citizen: Text{"请稍候，工作人员正在核实", "Please wait while staff check"},
		Staff:   Text{"没有收到平台的明确答复，结果未知。请先查询结果，再决定是否重办。", "The platform gave no clear answer; the result is unknown. Query it before doing it again."},
	},
	// Verifying has no query that settles it: a fresh code is the way on.
	"lutong.VerifyCode/Unknown": {
		Citizen: Text{"请刷新{code}后重新扫码", "Please refresh your {code} and scan again"},
		Staff:   Text{"没有收到平台的明确答复，原码可能已失效。请群众刷新{code}后重扫；仍不行请用身份证。", "The platform gave no clear answer and the code may be spent. Ask for a refreshed {code}; if that fails, use the ID card."},
	},
	"lutong.VerifyCode/Down": {
		Citizen: Text{"系统繁忙，请使用身份证取号", "Service busy; please use your ID card"},
		Staff:   Text{"平台或线路不通，请求未生效。请引导群众使用身份证，并检查网络。", "The platform or the line is down; nothing took effect. Use ID cards and check the network."},
	},
	// A ticket is valid whether or not its report succeeds: nobody may be sent to take
	// another number.
	"lutong.ReportTicket/*": {
		Citizen: Text{"号票有效，请留意叫号", "Your ticket is valid; please wait for the call"},
	},
	"lutong.ReportTicket/Unknown": {
		Staff: Text{"号票有效，但未确认已上报平台。用同一流水号再次上报即可。", "The ticket is valid; its report is not confirmed. Report it again under the same number."},
	},
	"lutong.ReportTicket/Down": {
		Staff: Text{"号票有效，但平台不通，尚未上报。恢复后用同一流水号再次上报。", "The ticket is valid but the platform cannot be reached. Report it later under the same number."},
	},
	"lutong.ReportTicket/TokenInvalid": {
		Staff: Text{"号票有效。消息令牌已失效，请去掉令牌后用同一流水号再次上报。", "The ticket is valid. The message token has expired: report again under the same number without it."},
	},
	// A citizen's own token: only the citizen can renew it.
	"yimatong/TokenInvalid": {
		Citizen: Text{"授权已过期，请重新授权", "Authorisation expired; please authorise again"},
		Staff:   Text{"群众的授权令牌无效或已过期。请群众在手机上重新授权。", "The citizen's token is invalid or expired. Ask the citizen to authorise again on the phone."},
	},
	"yimatong.DecodeQRCode/Unknown": {
		Citizen: Text{"请刷新{code}后重新扫码", "Please refresh your {code} and scan again"},
		Staff:   Text{"没有收到平台的明确答复，原码可能已失效。请群众刷新{code}后重扫；仍不行请用身份证。", "The platform gave no clear answer and the code may be spent. Ask for a refreshed {code}; if that fails, use the ID card."},
	},
	"yimatong.DecodeQRCode/DecryptFailed": {
		Citizen: Text{"系统维护中，请使用身份证办理", "Service unavailable; please use your ID card"},
		Staff:   Text{"平台已受理该码，但本系统无法解密答复，多为密钥不匹配。该码已失效，请使用身份证并联系系统厂商。", "The platform accepted the code, but its answer cannot be opened here, mostly a wrong key. The code is spent: use the ID card and call the vendor."},
	},
	"yimatong.Authorize/Unknown": {
		Citizen: Text{"请重新授权", "Please authorise again"},
		Staff:   Text{"没有收到平台的明确答复，授权码可能已失效。请群众重新授权。", "The platform gave no clear answer and the authorisation may be spent. Ask the citizen to authorise again."},
	},
	"yimatong.Authorize/CodeExpired": {
		Citizen: Text{"授权已过期，请重新授权", "Authorisation expired; please authorise again"},
		Staff:   Text{"授权码已过期或已使用。请群众重新授权。", "The authorisation has expired or was used. Ask the citizen to authorise again."},
	},
	"yimatong.Authorize/CodeNotFound": {
		Citizen: Text{"授权无效，请重新授权", "Authorisation not valid; please authorise again"},
		Staff:   Text{"平台没有这个授权码，或它属于别的应用。请核对 appId 并请群众重新授权。", "The platform does not know this authorisation, or it belongs to another application. Check the appId and have the citizen authorise again."},
	},
	// A certificate that the platform cannot give is in the citizen's bag as paper.
	"certificate/Down": {
		Citizen: Text{"系统繁忙，请出示实体证照", "Service busy; please show the paper certificate"},
		Staff:   Text{"证照平台或线路不通。请核验实体证照，稍后再查。", "The certificate platform or the line is down. Check the paper certificate and look it up later."},
	},
	"certificate/Unknown": {
		Citizen: Text{"系统繁忙，请出示实体证照", "Service busy; please show the paper certificate"},
		Staff:   Text{"没有收到平台的明确答复。请核验实体证照，或稍后重新申请。", "The platform gave no clear answer. Check the paper certificate, or apply again later."},
	},
	"certificate/NotFound": {
		Citizen: Text{"未查到该证照，请出示实体证照", "Certificate not found; please show the paper one"},
		Staff:   Text{"平台没有匹配的证照。请核对证件号码和证照类型名称；加密标识可能已过期。", "The platform has no such certificate. Check number and type name; an encrypted identifier may have expired."},
	},
	"certificate/NotSupported": {
		Citizen: Text{"请出示实体证照", "Please show the paper certificate"},
		Staff:   Text{"平台或证照源没有此服务。请核验实体证照。", "The platform or the certificate's source has no such service. Check the paper certificate."},
	},
	"certificate/PermissionDenied": {
		Citizen: Text{"请出示实体证照", "Please show the paper certificate"},
		Staff:   Text{"本单位的账号没有该类证照的权限。请核验实体证照，并向平台申请授权。", "The account has no right to this certificate type. Check the paper one and ask the platform for the right."},
	},
	"certificate/TokenInvalid": {
		Citizen: Text{"系统维护中，请出示实体证照", "Service unavailable; please show the paper one"},
		Staff:   Text{"本单位的账号未通过平台的身份验证。请核验实体证照，并联系系统厂商核对账号。", "The platform does not accept this account. Check the paper certificate and have the vendor check the account."},
	},
	"certificate/WrongState": {
		Citizen: Text{"请稍候，正在重新获取证照", "One moment; the certificate is fetched again"},
		Staff:   Text{"下载地址已用过或已过期。请重新申请下载。", "The download address was used or has expired. Apply for a new one."},
	},
	"certificate.StartConsent/NotFound": {
		Citizen: Text{"请刷新证照码后重新出示", "Please refresh the code and show it again"},
		Staff:   Text{"平台没有这个码，或码已过期。请群众在手机上刷新后再扫。", "The platform does not know this code, or it has expired. Ask for a refreshed one."},
	},
	"certificate.StartConsent/Unknown": {
		Citizen: Text{"请刷新证照码后重新出示", "Please refresh the code and show it again"},
		Staff:   Text{"没有收到平台的明确答复，群众手机上可能已有授权请求。请让群众忽略它，刷新码后重扫。", "The platform gave no clear answer; the citizen may have been asked already. Ignore that, refresh the code and scan again."},
	},
	"certificate.ReadConsented/ConsentRequired": {
		Citizen: Text{"未获授权，请出示实体证照", "Not authorised; please show the paper one"},
		Staff:   Text{"群众没有同意，或没有在时限内答复。可重新扫码请求授权，或核验实体证照。", "The citizen refused or did not answer in time. Scan again to ask anew, or check the paper certificate."},
	},
	"certificate.ReadConsented/Unknown": {
		Citizen: Text{"请重新出示证照码", "Please show the code again"},
		Staff:   Text{"没有收到平台的明确答复，这次授权可能已用掉。请重新扫码请求授权。", "The platform gave no clear answer and the consent may be spent. Scan again to ask anew."},
	},
	// Nobody stands at a counter here: the words are for the clerk of a member unit, and
	// for a citizen on the telephone.
	"hotline/*": {
		Citizen: Text{"请稍候，工作人员会回复您", "Please wait; staff will come back to you"},
	},
	"hotline/Unknown": {
		Staff: Text{"没有收到平台的明确答复。请用同一请求编号再次提交，不会重复生效。", "The platform gave no clear answer. Send it again under the same request number; it takes effect once."},
	},
	"hotline/Down": {
		Staff: Text{"热线平台或线路不通，请求未生效。恢复后用同一请求编号再次提交，并留意办理期限。", "The hotline or the line is down; nothing took effect. Send it again later under the same request number, and mind the deadline."},
	},
	"hotline/TokenInvalid": {
		Staff: Text{"接入认证反复失效。请检查是否有其他程序使用同一App_id登录，并共享认证信息。", "The authentication keeps ending. See whether another program logs in with the same App_id, and share its token."},
	},
	"hotline/WrongState": {
		Staff: Text{"工单状态已变化（可能已收回、改派或有申请待审）。请刷新工单详情。", "The sheet's state has changed (recalled, dispatched again, or an application is open). Read its detail again."},
	},
	"hotline/Conflict": {
		Staff: Text{"同一编号已提交过不同内容。请核对后换用新的编号。", "Other content was sent under this number. Check it and use a new number."},
	},
	"hotline.RequestDelay/LimitReached": {
		Staff: Text{"已过办理期限或延时次数已满，不能再申请延时。请尽快办结。", "The deadline has passed or the delays are used up. Finish the sheet as soon as possible."},
	},
	"hotline/Stale": {
		Staff: Text{"省平台已有更新的汇聚数据，本次数据无需重报。", "The province holds newer data; this report is not needed any more."},
	},
	"lutong.UserInfo/Down": {
		Citizen: Text{"系统繁忙，请稍后或到窗口办理", "Service busy; try later or go to a window"},
		Staff:   Text{"平台或线路不通，授权码未使用，刷新页面即可重试。请检查网络。", "The platform or the line is down; the authorisation is unspent and a refresh tries again. Check the network."},
	},
	"lutong.UserInfo/TokenInvalid": {
		Citizen: Text{"请重新扫描大厅二维码", "Please scan the hall's code again"},
		Staff:   Text{"页面没有有效的会话（过期、换了浏览器或禁用了 Cookie）。请群众重新扫码。", "The page has no valid session (expired, another browser, or cookies refused). Ask for a new scan."},
	},
	"lutong.UserInfo/Unknown": {
		Citizen: Text{"请重新扫描大厅二维码", "Please scan the hall's code again"},
		Staff:   Text{"没有收到平台的明确答复，授权码可能已失效。请群众重新扫码。", "The platform gave no clear answer and the authorisation may be spent. Ask for a new scan."},
	},
	"lutong.UserInfo/CodeExpired": {
		Citizen: Text{"请重新扫描大厅二维码", "Please scan the hall's code again"},
		Staff:   Text{"授权码已过期，请群众重新扫码。", "The authorisation has expired. Ask for a new scan."},
	},
	"lutong.UserInfo/CodeUsed": {
		Citizen: Text{"请重新扫描大厅二维码", "Please scan the hall's code again"},
		Staff:   Text{"授权码已使用过，请群众重新扫码。", "The authorisation was used before. Ask for a new scan."},
	},
	// Sign-on: the citizen sits before a browser and can log in again.
	"portal/TokenInvalid": {
		Citizen: Text{"登录已过期，请重新登录", "Your session has ended; please sign in again"},
		Staff:   Text{"群众的登录已过期或已退出。请其重新登录。", "The citizen's session has ended. Ask for a new sign-in."},
	},
	"portal/NotRealName": {
		Citizen: Text{"请先提升实名认证等级", "Please reach a higher real-name level first"},
		Staff:   Text{"该事项要求更高的实名等级。请群众在统一身份认证平台升级后重新登录。", "The item asks for a higher real-name level. Have it raised at the identity platform, then sign in again."},
	},
	"portal/Down": {
		Citizen: Text{"系统繁忙，请稍后再试", "Service busy; please try later"},
		Staff:   Text{"政务服务平台或线路不通，请求未生效。请检查网络，稍后再试。", "The service platform or the line is down; nothing took effect. Check the network and try later."},
	},
	"portal/PermissionDenied": {
		Citizen: Text{"您无权查看，请用本人账号登录", "Not yours to see; please sign in as the applicant"},
		Staff:   Text{"办件不属于该用户，或地址未在平台登记。请核对登录人和登记的地址。", "The case is not this user's, or an address is not registered. Check who is signed in and the registered addresses."},
	},
	"portal/NotFound": {
		Citizen: Text{"未查到记录，请核对编号", "No record found; please check the number"},
	},
	"portal.Exchange/*": {
		Citizen: Text{"登录未成功，请重新登录", "Not signed in; please sign in again"},
	},
	"portal.Exchange/Unknown": {
		Staff: Text{"没有收到平台的明确答复，登录票据可能已失效。请群众重新登录。", "The platform gave no clear answer and the login ticket may be spent. Ask for a new sign-in."},
	},
	"portal.Exchange/CodeTypeUnsupported": {
		Staff: Text{"票据属于别的应用。请核对本网站的应用标识。", "The ticket belongs to another application. Check this website's appMark."},
	},
	"portal.CaseProgress/BadRequest": {
		Citizen: Text{"查询密码错误，请核对后再查", "Wrong check code; please check it and try again"},
		Staff:   Text{"查询密码错误：应为查询密码，或手机号、证件号的末几位。", "Wrong check code: it is the query password, or the last characters of phone or certificate."},
	},
	"portal.Evaluate/Unknown": {
		Citizen: Text{"请再次提交评价", "Please submit your rating again"},
		Staff:   Text{"没有收到平台的明确答复。可再次提交，同一评价只计一次。", "The platform gave no clear answer. Submit again: the same rating counts once."},
	},
	"portal.Evaluate/Conflict": {
		Citizen: Text{"您已评价过，可追加评价", "You have rated this already; you may add words"},
		Staff:   Text{"该服务已有内容不同的评价。一次服务只能评价一次，可追评一次。", "This service was rated otherwise before. One rating for each service; words may be added once."},
	},
	"portal.Evaluate/WrongState": {
		Citizen: Text{"评价时间已过", "The time for rating has passed"},
	},
}
