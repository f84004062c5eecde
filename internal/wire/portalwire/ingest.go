package portalwire

import (
	"encoding/json"
	"time"
)

// Batch is 数据入库 (heading of clause 6; its text is not known): at most 500 rows
// (assumption). BatchNo is the key of a repetition, Digest tells its content apart. The
// website hosts it, or the platform.
type Batch struct {
	BatchNo   string `zw:"batchNo"`
	Kind      string `zw:"kind"`
	InfoClass string `zw:"infoClass"` // STATIC 静态信息, PROCESS 过程信息 (clause 3)
	Full      bool   `zw:"full"`
	Rows      []Row  `zw:"rows"`
	Count     int    `zw:"count"`
	Digest    string `zw:"digest"`
}

// Row is one row; Data is an item, a case or an evaluation as its table has it.
type Row struct {
	RowGUID   string          `zw:"rowGuid"`
	Operation string          `zw:"operation"` // I, U or D
	Version   int64           `zw:"version"`
	Data      json.RawMessage `zw:"data"`
}

// BatchResult answers a batch, at once or later. Rows in Rejects were not taken, the
// others were.
type BatchResult struct {
	BatchNo   string   `zw:"batchNo,key"`
	Accepted  int      `zw:"accepted"`
	Unchanged int      `zw:"unchanged"`
	Parked    int      `zw:"parked"`
	Rejects   []Reject `zw:"rejects"`
	State     string   `zw:"state,omitempty"`
	Repeated  bool     `zw:"repeated,omitempty"`
}

// Reject is a row that was not taken.
type Reject struct {
	RowGUID string `zw:"rowGuid"`
	Code    string `zw:"code"`
	Field   string `zw:"field,omitempty"`
	Message string `zw:"message,omitempty"`
}

// BatchQuery asks for a batch's result.
type BatchQuery struct {
	BatchNo string `zw:"batchNo"`
}

// ReconcileQuery asks for count and digest of what the other side holds.
type ReconcileQuery struct {
	Kind     string    `zw:"kind"`
	AreaCode string    `zw:"areaCode,omitempty"`
	Day      time.Time `zw:"day,omitempty,time=yyyy-MM-dd"`
}

// Reconciliation answers it.
type Reconciliation struct {
	Count         int64     `zw:"count"`
	MaxUpdateTime time.Time `zw:"maxUpdateTime,omitempty"`
	Digest        string    `zw:"digest,key"`
}
