package portal

import "strings"

// The code tables are open: local tables differ from the national ones (public practice),
// so a value that stands in none survives as it came, and its Name is "".

// UserType is whom a login stands for (STD clause 3: natural or legal person).
type UserType string

// The two user types.
const (
	UserPerson UserType = "1" // 自然人
	UserLegal  UserType = "2" // 法人; always with an agent
)

// userTypeOf reads the words of other provinces too.
func userTypeOf(text string) UserType {
	switch strings.ToUpper(strings.TrimSpace(text)) {
	case "PERSON":
		return UserPerson
	case "LEGAL_PERSON", "LEGAL":
		return UserLegal
	}
	return UserType(text)
}

// Level is how well a user is verified (实名等级); 0 when the platform did not say in a
// number. Fields of the identity are dependable from LevelPrimary (public practice).
type Level int

// The levels.
const (
	LevelNone     Level = 1 // 未实名
	LevelPrimary  Level = 2 // 初级实名
	LevelAdvanced Level = 3 // 高级实名
)

func levelOf(text string) Level {
	switch text = strings.TrimSpace(text); text {
	case "1", "2", "3", "4", "5": // some provinces count further
		return Level(text[0] - '0')
	}
	return 0
}

// TaskType is 事项类型.
type TaskType string

// Name gives the national name, "" for a local type.
func (t TaskType) Name() string { return taskTypes[t] }

var taskTypes = map[TaskType]string{
	"01": "行政许可", "02": "行政强制", "03": "行政处罚", "04": "行政征收", "05": "行政给付", "06": "行政检查",
	"07": "行政确认", "08": "行政奖励", "09": "行政裁决", "10": "其他行政权力", "20": "公共服务",
}

// ProjectType is 办件类型.
type ProjectType string

// The project types.
const (
	ProjectAtOnce   ProjectType = "1" // 即办件
	ProjectPromised ProjectType = "2" // 承诺件
)

// ServerType is whom an item serves.
type ServerType string

// The server types.
const (
	ServesPersons ServerType = "1"
	ServesLegal   ServerType = "2"
	ServesOthers  ServerType = "3"
)

// serverTypes takes the comma-joined form apart, full-width commas too.
func serverTypes(joined string) []ServerType {
	var types []ServerType
	for part := range strings.FieldsFuncSeq(joined, func(r rune) bool { return r == ',' || r == '，' || r == ' ' }) {
		types = append(types, ServerType(part))
	}
	return types
}

// TimeUnit is the unit of a term. 0 and 4 are seen locally.
type TimeUnit string

// The units.
const (
	UnitDay         TimeUnit = "0"
	UnitWorkingDay  TimeUnit = "1"
	UnitMonth       TimeUnit = "2"
	UnitYear        TimeUnit = "3"
	UnitImmediately TimeUnit = "4"
)

// Operation is what happened to a row.
type Operation string

// The operations.
const (
	Inserted Operation = "I"
	Updated  Operation = "U"
	Deleted  Operation = "D" // withdrawn: the row is there, the item is not
)

// CaseStatus is 办件状态.
type CaseStatus string

// The states; they only rise.
const (
	CaseWaiting  CaseStatus = "1" // 待受理
	CaseAccepted CaseStatus = "2" // 已受理
	CaseFinished CaseStatus = "3" // 已办结
)

// Name gives the state in Chinese, "" for a local one.
func (s CaseStatus) Name() string {
	return map[CaseStatus]string{CaseWaiting: "待受理", CaseAccepted: "已受理", CaseFinished: "已办结"}[s]
}

// ResultVersion tells which of two tables result codes are of: the same digit means
// different things (public practice).
type ResultVersion string

// The two versions.
const (
	ResultsNew ResultVersion = "new"
	ResultsOld ResultVersion = "old"
)

// ResultCode is how a case ended, as the platform wrote it.
type ResultCode string

// Meaning is what a result code stands for in one version.
type Meaning string

// The meanings; "" is a code that the version does not have.
const (
	ResultGranted      Meaning = "准予"
	ResultRefused      Meaning = "不予"
	ResultReturned     Meaning = "退回"
	ResultNotAccepted  Meaning = "不予受理"
	ResultVoid         Meaning = "作废"
	ResultDeleted      Meaning = "删除"
	ResultPassedUpward Meaning = "转报"
	ResultNoSupplement Meaning = "补正未到"
	ResultCompleted    Meaning = "办结"
	ResultCertificate  Meaning = "出证办结"
)

// In gives a code's meaning in a version of the table.
func (c ResultCode) In(v ResultVersion) Meaning { return results[v][c] }

var results = map[ResultVersion]map[ResultCode]Meaning{
	ResultsNew: {"0": ResultGranted, "1": ResultRefused, "5": ResultReturned, "6": ResultNotAccepted},
	ResultsOld: {
		"0": ResultCertificate, "1": ResultReturned, "2": ResultVoid, "3": ResultDeleted,
		"4": ResultPassedUpward, "5": ResultNoSupplement, "6": ResultCompleted,
	},
}

// EvaluationChannel is where somebody rates (pf).
type EvaluationChannel string

// The channels.
const (
	ByComputer EvaluationChannel = "1"
	ByMobile   EvaluationChannel = "2" // a mobile application or page
	ByQRCode   EvaluationChannel = "3"
	ByTablet   EvaluationChannel = "4" // 窗口评价器
	ByTerminal EvaluationChannel = "5"
	ByHotline  EvaluationChannel = "6"
	BySMS      EvaluationChannel = "7"
)
