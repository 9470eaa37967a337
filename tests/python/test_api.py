# SPDX-License-Identifier: LGPL-2.1-or-later
"""The package and the library say the same."""

import inspect
import unittest

import domuimg
from domuimg import _errors
from domuimg._gi import Domuimg, Gio, GLib


class Api(unittest.TestCase):
    def test_every_code_has_its_class(self):
        codes = [name for name in vars(Domuimg.Error) if name.isupper()]
        self.assertEqual(len(codes), len(_errors._BY_CODE))
        for name in codes:
            code = int(getattr(Domuimg.Error, name))
            expected = "IO" if name == "IO" else name.title().replace("_", "")
            error = GLib.Error.new_literal(Domuimg.error_quark(), "what", code)
            raised = _errors.from_glib(error)
            self.assertEqual(type(raised).__name__, expected)
            self.assertIsInstance(raised, domuimg.Error)
            self.assertEqual(str(raised), "what")

    def test_cancellation_has_its_class(self):
        error = GLib.Error.new_literal(
            Gio.io_error_quark(), "stopped", int(Gio.IOErrorEnum.CANCELLED)
        )
        self.assertIs(type(_errors.from_glib(error)), domuimg.Cancelled)

    def test_foreign_errors_are_errors(self):
        error = GLib.Error.new_literal(Gio.io_error_quark(), "?", int(Gio.IOErrorEnum.FAILED))
        self.assertIs(type(_errors.from_glib(error)), domuimg.Error)

    def test_typed_settings_are_the_keys_of_a_specification(self):
        keywords = {
            "source" if key == "from" else key.replace("-", "_")
            for key in Domuimg.Spec.list_keys()
        }
        self.assertEqual(set(domuimg.Settings.__annotations__) | {"name"}, keywords)

    def test_typed_settings_have_the_kinds_of_the_library(self):
        for keyword, kind in domuimg.Settings.__annotations__.items():
            key = "from" if keyword == "source" else keyword
            with self.subTest(keyword):
                name = kind.__forward_arg__
                expected = Domuimg.SpecKind.STRING
                if name in ("Texts", "Paths"):
                    expected = Domuimg.SpecKind.LIST
                if name == "bool":
                    expected = Domuimg.SpecKind.FLAG
                self.assertEqual(Domuimg.Spec.get_kind(key), expected)

    def test_version(self):
        self.assertRegex(domuimg.__version__, r"^[0-9]+\.[0-9]+\.[0-9]+")

    def test_everything_public_is_documented(self):
        for name in domuimg.__all__:
            thing = getattr(domuimg, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                self.assertTrue(thing.__doc__, name)

    def test_what_blocks_has_an_asynchronous_form(self):
        loop = GLib.MainLoop()
        outcome = []

        def done(doctor, result):
            outcome.extend(doctor.examine_finish(result))
            loop.quit()

        Domuimg.Doctor.new().examine_async(None, done)
        loop.run()
        self.assertIn("program-mke2fs", [finding.get_id() for finding in outcome])

    def test_an_asynchronous_call_can_be_cancelled(self):
        loop = GLib.MainLoop()
        cancellable = Gio.Cancellable()
        errors = []

        def done(doctor, result):
            with self.assertRaises(GLib.Error) as caught:
                doctor.examine_finish(result)
            errors.append(caught.exception)
            loop.quit()

        cancellable.cancel()
        Domuimg.Doctor.new().examine_async(cancellable, done)
        loop.run()
        self.assertTrue(errors[0].matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))

    def test_getters_are_properties(self):
        domain = Domuimg.Domain.new("web1")
        domain.set_memory(700)
        domain.set_guest_type(Domuimg.GuestType.PVH)
        self.assertEqual(domain.props.name, "web1")
        self.assertEqual(domain.props.memory, 700)
        self.assertEqual(domain.props.guest_type, Domuimg.GuestType.PVH)
        with self.assertRaises(TypeError):
            domain.props.memory = 800


if __name__ == "__main__":
    unittest.main()
