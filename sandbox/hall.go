package sandbox

// Hall is a synthetic service hall.
type Hall struct {
	Name    string
	Unit    string
	Areas   []string
	Items   []string
	Windows []string
	Devices []string // numbers of its queue machines and scanners
}

func seedHalls() []Hall {
	return []Hall{
		{
			Name: "测试市政务服务中心", Unit: "测试市行政审批局", Areas: []string{"一楼大厅", "二楼大厅"},
			Items: []string{"企业设立登记", "社会保障卡申领", "不动产登记"}, Windows: []string{"3", "4"}, Devices: []string{"KIOSK-01", "KIOSK-02", "DESK-03"},
		},
		{
			Name: "测试县便民服务中心", Unit: "测试县民政局", Areas: []string{"大厅"},
			Items: []string{"老年优待证申领"}, Windows: []string{"1"}, Devices: []string{"KIOSK-11"},
		},
	}
}
