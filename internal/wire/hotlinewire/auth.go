package hotlinewire

import "github.com/zwfw-go/zwfw"

// Authentication asks for authentication information (身份认证信息获取, clause 4.4.2).
// The dialect writes all of it.
type Authentication struct{}

// Credential is its answer. That it must be had before any other call is stated
// (4.4.3); its form and life are assumptions. Units of type DEPT report and are
// dispatched to, CITY are dispatched to and aggregate (4.4.1).
type Credential struct {
	AccessToken zwfw.Secret `zw:"accessToken,key,alias=token|access_token"`
	ExpiresIn   int64       `zw:"expiresIn"` // seconds
	UnitCode    string      `zw:"unitCode"`
	UnitName    string      `zw:"unitName"`
	UnitType    string      `zw:"unitType"`
	Scopes      []string    `zw:"scopes"`
}

// Nothing is an answer that carries no more than its success.
type Nothing struct{}
