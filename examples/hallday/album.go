package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/qr"
)

// album is the folder of code pictures: what stands on phone screens and walls.
type album struct {
	dir   string
	count int
}

// draw puts a code into a picture file and gives the file's name. The name says what
// the picture is for and nothing about whose it is.
func (a *album) draw(purpose, text string) (name string, err error) {
	picture, err := qr.Encode(text)
	if err != nil {
		return "", err
	}
	a.count++
	name = fmt.Sprintf("%02d-%s.png", a.count, purpose)
	// Only the owner may read it: a living code is worth its holder's signature.
	return name, os.WriteFile(filepath.Join(a.dir, name), picture, 0o600)
}

// read is the camera: picture file to code.
func (a *album) read(name string) (zwfw.CodeText, error) {
	data, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		return zwfw.CodeText{}, err
	}
	result, err := qr.Decode(data)
	if err != nil {
		return zwfw.CodeText{}, fmt.Errorf("%s: %w", name, err)
	}
	return zwfw.NewCodeText(result.Text), nil
}
