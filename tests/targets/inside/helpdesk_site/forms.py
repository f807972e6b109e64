"""The public form with a picture to read."""

from captcha.fields import CaptchaField
from helpdesk.forms import PublicTicketForm


class FormWithCaptcha(PublicTicketForm):
    captcha = CaptchaField(label="Characters in the picture")
