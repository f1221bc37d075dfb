"""Every error becomes a page here: what happened, what it means, what to do."""

from http import HTTPStatus

import structlog
from flask import Flask, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from web.errors import NotFoundError, RefusedError

log = structlog.get_logger()
Page = tuple[str, int]


def install(app: Flask) -> None:
    app.register_error_handler(NotFoundError, lambda _error: _page(HTTPStatus.NOT_FOUND))
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: RefusedError) -> Page:
    return _page(HTTPStatus.CONFLICT, str(error))


def _form_expired(_error: CSRFError) -> Page:
    return _page(
        HTTPStatus.BAD_REQUEST,
        _(
            "Formulir ini sudah kedaluwarsa."
            " Kembali ke halaman sebelumnya, muat ulang, lalu kirim lagi."
        ),
    )


def _http(error: HTTPException) -> Page | HTTPException:
    code = error.code or 500
    if code < HTTPStatus.BAD_REQUEST:
        return error
    return _page(HTTPStatus(code))


def _unexpected(error: Exception) -> Page:
    log.error("request failed", path=request.path, exc_info=error)
    return _page(HTTPStatus.INTERNAL_SERVER_ERROR)


def _page(status: HTTPStatus, message: str | None = None) -> Page:
    title, general = _words(status)
    return (
        render_template("error.html", title=title, message=message or general, status=int(status)),
        status,
    )


def _words(status: HTTPStatus) -> tuple[str, str]:
    words = {
        HTTPStatus.NOT_FOUND: (
            _("Halaman tidak ditemukan"),
            _("Periksa alamatnya, atau mulai lagi dari beranda."),
        ),
        HTTPStatus.FORBIDDEN: (
            _("Halaman ini bukan untuk akun Anda"),
            _("Akun Anda tidak memiliki peran yang diperlukan. Hubungi BKPP bila ini keliru."),
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
            _("Berkas terlalu besar"),
            _(
                "Ukuran paling besar 16 MB. Bagi berkas Anda, lalu unggah lagi."
                " Belum ada data yang disimpan."
            ),
        ),
        HTTPStatus.TOO_MANY_REQUESTS: (
            _("Terlalu banyak percobaan"),
            _("Tunggu beberapa menit, lalu coba lagi."),
        ),
        HTTPStatus.CONFLICT: (
            _("Permintaan tidak dijalankan"),
            _("Muat ulang halaman sebelumnya, lalu coba lagi."),
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: (
            _("Terjadi gangguan pada sistem"),
            _(
                "Jawaban yang sudah tersimpan tetap aman."
                " Muat ulang halaman ini beberapa saat lagi."
            ),
        ),
    }
    return words.get(
        status,
        (
            _("Permintaan tidak dapat diproses"),
            _("Kembali ke halaman sebelumnya, lalu coba lagi."),
        ),
    )
