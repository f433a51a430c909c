package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"campfire/internal/webpush"
)

func TestKeysOfWebPush(t *testing.T) {
	keys, err := webpush.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	private, err := keys.RevealPrivate()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(private+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{
		{"VAPID_PUBLIC_KEY=" + keys.Public(), "VAPID_PRIVATE_KEY=" + private},
		{"VAPID_PRIVATE_KEY_FILE=" + file},
	} {
		c, _, err := Read(append(env, "VAPID_SUBJECT=mailto:ada@example.org"))
		if err != nil || c.VAPID.Public() != keys.Public() || c.VAPIDSubject != "mailto:ada@example.org" {
			t.Errorf("%v, %v", c, err)
		}
	}
	if c, _, err := Read(nil); err != nil || c.VAPID != nil {
		t.Errorf("without keys: %v, %v", c, err)
	}

	other, err := webpush.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{
		{"VAPID_PUBLIC_KEY=" + keys.Public()},
		{"VAPID_PUBLIC_KEY=" + other.Public(), "VAPID_PRIVATE_KEY=" + private},
		{"VAPID_PRIVATE_KEY=" + private[:20]},
		{"VAPID_PRIVATE_KEY=" + private + "0000"},
		{"VAPID_SUBJECT=ada@example.org"},
		{"VAPID_SUBJECT=https://localhost"},
		{"VAPID_PRIVATE_KEY_FILE=" + file + ".missing"},
	} {
		_, _, err := Read(env)
		if err == nil || !strings.HasPrefix(err.Error(), "VAPID_") || strings.Contains(err.Error(), private[:20]) {
			t.Errorf("%s: %v", strings.ReplaceAll(env[0], private, "…"), err)
		}
	}
}
