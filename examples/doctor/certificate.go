package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

func playCertificate(d *zwfw.Dialect) sandbox.Option {
	return sandbox.WithCertificates(sandbox.CertificateSetup{Dialect: d})
}

func admitCertificate(p *sandbox.Platform, options ...zwfw.Option) (patient, error) {
	config := p.CertificateConfig()
	client, err := certificate.New(config, options...)
	if err != nil {
		return patient{}, err
	}
	citizen := p.Citizens()[0]
	held := p.IssueCertificate(citizen, sandbox.Certificate{})
	holder := certificate.Holder{Code: citizen.IDNumber, CodeType: certificate.HolderResident}
	const cause = certificate.CauseSharing
	var encrypted zwfw.Secret
	fetch := func(ctx context.Context, found *certificate.FileAddresses, err error) error {
		if err != nil {
			return err
		}
		if len(found.Files) == 0 {
			return errors.New("fileUrl: no address arrives; check the place of the data in out")
		}
		if _, err := client.Fetch(ctx, found.Files[0], io.Discard); err != nil {
			return fmt.Errorf("the file behind the address: %w", err)
		}
		return warned(found.Warnings)
	}
	told := func(infos *certificate.Infos, err error) error {
		if err != nil {
			return err
		}
		if len(infos.Certificates) == 0 {
			return errors.New("no certificate arrives; check the place of the data in out")
		}
		return warned(infos.Warnings)
	}
	return patient{client, []call{
		{"Search", "证照查询", func(ctx context.Context) error {
			found, err := client.Search(ctx, certificate.SearchRequest{Holder: holder, Cause: cause})
			if err != nil {
				return err
			}
			for _, k := range found.Rows {
				if k.ID.Equal(held.ID) {
					return warned(found.Warnings)
				}
			}
			return arrived("certificateID", false)
		}},
		{"FileAddressByID", "按标识申请下载", func(ctx context.Context) error {
			found, err := client.FileAddressByID(ctx, certificate.FileByIDRequest{ID: held.ID, Cause: cause})
			return fetch(ctx, found, err)
		}},
		{"FileAddressByHolder", "按持证主体申请下载", func(ctx context.Context) error {
			found, err := client.FileAddressByHolder(ctx, certificate.FileByHolderRequest{Holder: holder, TypeName: held.TypeName, Number: held.Number, Cause: cause})
			return fetch(ctx, found, err)
		}},
		{"InfoByID", "按标识获取信息", func(ctx context.Context) error {
			return told(client.InfoByID(ctx, certificate.InfoByIDRequest{ID: held.ID, Cause: cause}))
		}},
		{"InfoByHolder", "按持证主体获取信息", func(ctx context.Context) error {
			return told(client.InfoByHolder(ctx, certificate.InfoByHolderRequest{Holder: holder, Cause: cause}))
		}},
		{"EncryptedIDs", "获取加密标识", func(ctx context.Context) error {
			ids, err := client.EncryptedIDs(ctx, certificate.EncryptedIDsRequest{Holder: holder})
			if err != nil {
				return err
			}
			if len(ids.List) == 0 {
				return errors.New("encryptedId: none arrives; check the place of the data in out")
			}
			encrypted = ids.List[0].EncryptedID
			return warned(ids.Warnings)
		}},
		{"FileAddressByEncryptedID", "按加密标识申请下载", func(ctx context.Context) error {
			found, err := client.FileAddressByEncryptedID(ctx, certificate.FileByEncryptedIDRequest{EncryptedID: encrypted, Cause: cause})
			return fetch(ctx, found, err)
		}},
		{"QRCode", "加密标识二维码", func(ctx context.Context) error {
			_, err := client.QRCode(ctx, certificate.QRCodeRequest{EncryptedID: encrypted})
			return err
		}},
		{"VerifyFields", "证照信息核验", func(ctx context.Context) error {
			verdict, err := client.VerifyFields(ctx, certificate.VerifyFieldsRequest{Holder: holder, TypeCode: held.TypeCode, Number: held.Number, HolderName: citizen.Name, Cause: cause})
			if err != nil {
				return err
			}
			return warned(verdict.Warnings)
		}},
		{"VerifyFile", "证照文件核验", func(ctx context.Context) error {
			verdict, err := client.VerifyFile(ctx, certificate.VerifyFileRequest{TypeCode: held.TypeCode, Content: []byte("no certificate"), Cause: cause})
			if err != nil {
				return err
			}
			return warned(verdict.Warnings)
		}},
		{"StartConsent", "亮码授权", func(ctx context.Context) error {
			consent, err := client.StartConsent(ctx, certificate.StartConsentRequest{Code: p.MintConsentCode(citizen), TypeCodes: []string{held.TypeCode}, Cause: cause})
			if err != nil {
				return err
			}
			return told(client.ReadConsented(ctx, certificate.ReadConsentedRequest{Transaction: consent.Transaction, TypeCode: held.TypeCode, Cause: cause}))
		}},
	}}, nil
}
