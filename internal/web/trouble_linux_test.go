package web_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"campfire/internal/campfiretest"
)

// A full disk is said at the message that it was too full for; the message
// stays, and goes once there is room.
func TestFullDiskIsToldWhereOneWrites(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a small disk can't be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	open := newBrowsers(t)
	srv := campfiretest.New(t)
	srv.Stop()
	srv.Dir = filepath.Join(disk, "data")
	srv.Start()
	srv.SetUp()
	b := open(1200, 700)
	b.signIn(srv, "ada@example.org")
	b.at("/rooms/1")
	b.do(`document.querySelector("#composer textarea").focus()`)
	b.key("while there is room\r")
	b.says("while there is room")

	ballast, err := os.Create(filepath.Join(disk, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 4096); ; {
		if _, err := ballast.Write(chunk); err != nil {
			break
		}
	}
	ballast.Close()
	// What the log of changes has reserved is used up first.
	b.eventually(`(() => {
		if (document.querySelector(".failure")) return true;
		if (!document.querySelector(".pending")) { const c = document.querySelector("#composer textarea"); c.value = "too much".repeat(1000); c.form.requestSubmit() }
		return false })()`)
	b.eventually(`document.querySelector(".failure[role=alert]").textContent.startsWith("Not sent.") && document.querySelector(".failure").textContent.includes("disk is full")`)
	b.picture("trouble-full")
	b.key("and a draft")
	b.drafted("and a draft")

	if err := os.Remove(ballast.Name()); err != nil {
		t.Fatal(err)
	}
	b.do(`[...document.querySelectorAll(".failure button")].find((e) => e.textContent === "Try again").click()`)
	b.eventually(`!document.querySelector(".pending") && [...document.querySelectorAll("article.message .body")].at(-1).innerText.startsWith("too much")`)
	b.drafted("and a draft")
	b.calm()
}
