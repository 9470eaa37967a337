# SPDX-License-Identifier: LGPL-2.1-or-later
"""`domuimg create` without arguments, on a real pseudo-terminal: every question, every answer."""
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import time
import unittest

import guest
import install_trees
import world


class Terminal:
    """The program on a terminal of its own, and all that it has printed."""

    def __init__(self, command, environment, directory, user=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            if user is not None:
                os.setgid(user)
                os.setuid(user)
            os.execve(command[0], command, environment)
        self.text = ""
        self.at = 0

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += more.decode(errors="replace").replace("\r\n", "\n")
        return bool(more)

    def expect(self, text, seconds=60):
        """What was printed since the last time, up to and with @text."""
        end = time.monotonic() + seconds
        while text not in self.text[self.at:]:
            if not self.read(max(end - time.monotonic(), 0)):
                raise AssertionError(f"no {text!r} in {self.text[self.at:]!r}")
        found = self.text[self.at:]
        found = found[:found.index(text) + len(text)]
        self.at += len(found)
        return found

    def say(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def type(self, key):
        os.write(self.fd, key)

    def wait(self):
        while self.read(60):
            pass
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


QUESTIONS = ["fully virtualised", "name of the guest", "made from", "How much memory", "disk be (path)",
             "large should the disk", "graphical screen", "How does root log in"]


class Questions(world.Case):
    def setUp(self):
        super().setUp()
        self.root = guest.write_tar(self.dir / "root.tar")
        self.environment |= {"HOME": str(self.dir), "DOMUIMG_IMAGES_DIR": str(self.dir / "images")}
        self.terminals = []
        self.addCleanup(self.end)

    def end(self):
        for terminal in self.terminals:
            try:
                os.kill(terminal.pid, signal.SIGKILL)
                os.waitpid(terminal.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass

    def start(self, user=None):
        terminal = Terminal([str(world.PROGRAM), "create"], self.environment, self.out, user)
        self.terminals.append(terminal)
        return terminal

    def answer(self, terminal, answers):
        """Each question with its answer, in order; None leaves out one that is not asked."""
        for question, answer in zip(QUESTIONS, answers):
            if answer is not None:
                terminal.expect(question)
                terminal.expect("? ")
                terminal.say(answer)

    def usual(self, **changed):
        answers = {"hvm": "no", "name": "web1", "from": f"tar:{self.root}", "memory": "300",
                   "path": str(self.out / "web1.img"), "size": "64M", "graphics": "no", "login": "none"}
        return list((answers | changed).values())

    def test_a_guest_is_made_of_the_answers(self):
        terminal = self.start()
        self.answer(terminal, self.usual(graphics="yes", login="generate"))
        shown = terminal.expect("Make it (yes or no)? ")
        self.assertIn("web1 (type auto, 300 MiB, 1 vCPU", shown)
        self.assertIn("--memory 300", shown)
        for wrong, reason in (("perhaps", "neither yes nor no"), ("?", "nothing is made")):
            terminal.say(wrong)
            self.assertIn(reason, terminal.expect("Make it (yes or no)? "))
        terminal.say("NO")
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("nothing is made", terminal.text)
        self.assert_nothing_left()

    def test_yes_makes_it_and_the_command_and_the_file_say_the_same(self):
        terminal = self.start()
        self.answer(terminal, self.usual(hvm="yes", path=f"{self.out}/web 1.img"))
        shown = terminal.expect("Make it (yes or no)? ")
        command = shlex.split(re.search(r"\n  domuimg (create .*)\n", shown)[1])
        text = shown[shown.index("[domu]"):shown.index("Make it")]
        spec = self.dir / "web1.domu"
        spec.write_text(text)
        plans = [json.loads(self.run_program([str(world.PROGRAM), *words, "--dry-run", "--json"]).stdout)
                 for words in (command, ["create", "--spec", str(spec)])]
        for plan in plans:
            del plan["uuid"]
            plan["steps"] = [step for step in plan["steps"] if "network interface" not in step]
        self.assertEqual(*plans)
        self.assertEqual(plans[0]["type"], "hvm")
        self.assertEqual(plans[0]["disks"][0]["path"], f"{self.out}/web 1.img")
        terminal.say("yes")
        # The root has no kernel, and the machine of the test may have none either.
        status = terminal.wait()
        if status == 0:
            self.assertTrue((self.out / "web1.json").exists())
        else:
            self.assertIn("domuimg: ", terminal.text)
            self.assert_nothing_left()

    def test_a_wrong_answer_is_asked_again_with_the_reason(self):
        (self.out / "there.img").write_text("")
        for suffix in ("json", "xml", "cfg"):
            (self.dir / suffix).mkdir()
            (self.dir / suffix / f"web1.{suffix}").write_text("")
        (self.dir / "notes").write_text("hello\n")
        for question, wrong, reason in (
                (0, "maybe", "neither yes nor no"),
                (1, "", "there has to be an answer"),
                (1, "-x", "name"),
                (2, "floppy:x", "floppy"),
                (2, "tar:/nowhere/x.tar", "/nowhere/x.tar"),
                (2, "image:nosuch", "there is no image “nosuch”"),
                (3, "much", "is not a size"),
                (3, "4M", "expected 16M to 16T"),
                (4, str(self.out), "is a directory"),
                (4, str(self.out / "there.img"), "there.img"),
                (4, "x.img,fs=ntfs", "fs=ntfs"),
                (4, "~/cfg/web1.img", "cfg/web1.cfg exists already"),
                (4, f"{self.dir}/json/web1.img", "web1.json exists already"),
                (4, f"{self.dir}/xml/web1.img", "web1.xml exists already"),
                (5, "large", "is not a size"),
                (5, "1M", "the least is 8M"),
                (6, "vnc", "neither yes nor no"),
                (7, "/nowhere/key.pub", "cannot be read"),
                (7, str(self.dir / "notes"), "is not a public key")):
            with self.subTest(wrong=wrong):
                terminal = self.start()
                answers = self.usual()
                self.answer(terminal, answers[:question])
                terminal.expect(QUESTIONS[question])
                terminal.expect("? ")
                terminal.say(wrong)
                self.assertIn(reason, terminal.expect(QUESTIONS[question]))
                terminal.expect("? ")
                terminal.say(answers[question])
                terminal.expect(QUESTIONS[question + 1] if question < 7 else "Make it")
                terminal.type(b"\x03")
                self.assertEqual(terminal.wait(), -signal.SIGINT)

    def test_each_question_is_explained(self):
        terminal = self.start()
        for question, answer in zip(QUESTIONS, self.usual()):
            terminal.expect(question)
            terminal.expect("? ")
            terminal.say("?")
            self.assertGreater(len(terminal.expect(question)), 60)
            terminal.expect("? ")
            terminal.say(answer)
        terminal.expect("Make it")
        terminal.say("n")
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("tar:FILE", terminal.text)
        self.assertIn("This machine has", terminal.text)

    def test_an_empty_answer_is_the_suggestion(self):
        (self.dir / ".ssh").mkdir()
        key = self.dir / ".ssh/id_ed25519.pub"
        key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0A9kJ3 me@here\n")
        terminal = self.start()
        answers = self.usual(hvm="", memory="", size="", graphics="", login="")
        self.answer(terminal, answers)
        shown = terminal.expect("Make it")
        self.assertRegex(terminal.text, r"memory should it have \(in MiB\)\? \[\d+\]")
        self.assertIn("[8]", terminal.text)
        self.assertIn("size=8G", shown)
        self.assertIn("graphics=none", shown)
        # A copied root keeps its users.
        self.assertIn("[none]", terminal.text)
        terminal.type(b"\x04")
        self.assertEqual(terminal.wait(), 1)
        self.assert_nothing_left()

    def test_the_disk_of_an_image_stays_as_it_is_and_is_not_downloaded(self):
        (self.dir / "images").mkdir()
        (self.dir / "images/cloud1.conf").write_text("[image]\n[x86_64]\nurl=http://127.0.0.1:9/x.qcow2\n")
        terminal = self.start()
        self.answer(terminal, self.usual(**{"from": "image:cloud1", "size": "", "login": ""}))
        shown = terminal.expect("Make it")
        self.assertIn("has to be downloaded before there can be a plan", shown)
        self.assertIn("[as it is]", terminal.text)
        self.assertNotIn("size=", shown)
        self.assertIn("root-password=generate", shown)
        terminal.say("no")
        self.assertEqual(terminal.wait(), 1)

    def test_paths_may_begin_in_the_home_directory(self):
        (self.dir / "key.pub").write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0A9kJ3 me@here\n")
        terminal = self.start()
        self.answer(terminal, self.usual(**{"from": "tar:~/root.tar", "path": "~/out/web1.img",
                                            "login": "~/key.pub"}))
        shown = terminal.expect("Make it")
        self.assertIn(f"ssh-key={self.dir}/key.pub", shown)
        self.assertIn(f"--from tar:{self.root}", shown)
        self.assertIn(f"disk={self.out}/web1.img", shown)
        terminal.say("no")
        self.assertEqual(terminal.wait(), 1)

    def make_tree(self):
        """Debian's installer."""
        path = self.dir / "debian"
        tree = install_trees.Fedora(path)
        (path / ".treeinfo").unlink()
        tree.kernel.parent.rename(path / "install.amd")
        (path / "install.amd/initrd.img").rename(path / "install.amd/initrd.gz")
        shutil.rmtree(path / "images")
        return path

    def test_an_installer_gets_what_it_needs(self):
        for tree, login, part in (("http://127.0.0.1:9/x", "none", "has to be downloaded"),
                                  (self.make_tree(), "generate", "1024 MiB")):
            with self.subTest(tree=tree):
                terminal = self.start()
                self.answer(terminal, self.usual(**{"from": f"tree:{tree}", "memory": "", "size": "",
                                                    "graphics": "", "login": ""}))
                shown = terminal.expect("Make it", seconds=10)
                self.assertIn(part, shown)
                self.assertIn(f"[{login}]", terminal.text)
                for word in ("memory=", "size="):
                    self.assertNotIn(word, shown)
                terminal.say("n")
                self.assertEqual(terminal.wait(), 1)

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_who_is_not_root_may_give_any_name(self):
        terminal = self.start(user=65534)
        self.answer(terminal, ["no", "web1"])
        terminal.expect("made from", seconds=20)
        terminal.type(b"\x03")
        self.assertEqual(terminal.wait(), -signal.SIGINT)

    def test_a_real_error_is_not_taken_for_a_download(self):
        terminal = self.start()
        self.answer(terminal, self.usual()[:-1])
        terminal.expect("How does root log in")
        # What the plan finds, and refuses as not supported.
        self.root.write_bytes(b"QFI\xfb" + bytes(5000))
        terminal.say("none")
        self.assertNotEqual(terminal.wait(), 0)
        self.assertIn("domuimg: ", terminal.text)
        self.assertNotIn("Make it", terminal.text)

    def test_ctrl_c_and_the_end_of_input_leave_nothing(self):
        for key, status in ((b"\x03", -signal.SIGINT), (b"\x04", 1)):
            for question in range(len(QUESTIONS)):
                with self.subTest(key=key, question=question):
                    terminal = self.start()
                    self.answer(terminal, self.usual()[:question])
                    terminal.expect(QUESTIONS[question])
                    terminal.expect("? ")
                    terminal.type(key)
                    self.assertEqual(terminal.wait(), status)
                    self.assert_nothing_left()

    def test_what_the_plan_finds_ends_it(self):
        terminal = self.start()
        self.answer(terminal, self.usual()[:-1])
        terminal.expect("How does root log in")
        terminal.expect("? ")
        (self.out / "web1.cfg").write_text("")
        terminal.say("none")
        self.assertEqual(terminal.wait(), 1)
        self.assertIn("web1.cfg", terminal.text)
        self.assertEqual([path.name for path in self.out.iterdir()], ["web1.cfg"])

    @unittest.skipUnless(os.path.isdir("/usr/share/osinfo"), "no database of libosinfo")
    def test_the_database_suggests_memory(self):
        (self.dir / "images").mkdir()
        (self.dir / "images/fedora37.conf").write_text("[image]\n[x86_64]\nurl=http://127.0.0.1:9/x\n")
        terminal = self.start()
        self.answer(terminal, self.usual(**{"from": "image:fedora37", "memory": "?"})[:4])
        shown = terminal.expect("How much memory")
        if "Its vendor asks" not in shown:
            self.skipTest("built without libosinfo")
        terminal.expect("? ")
        terminal.say("64")
        self.assertIn("needs at least", terminal.expect("How much memory"))
        terminal.type(b"\x03")
        terminal.wait()

    def test_without_a_terminal_it_is_a_mistake(self):
        done = self.run_program([str(world.PROGRAM), "create"])
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("the guest needs a name", done.stderr)
        terminal, other = pty.openpty()
        done = subprocess.run([str(world.PROGRAM), "create"], stdin=other, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env=self.environment, text=True, check=False)
        os.close(terminal)
        os.close(other)
        self.assertEqual(done.returncode, 2)
