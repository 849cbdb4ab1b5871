"""What stands around a person's words and says nothing of their own: devices, farewells, disclaimers, warnings.

Each pattern is asked of one line of bounded length. What is cut must look like a program's line or like a name: a
sentence below a farewell is kept, and so are a date, a time, and an answer of one word.
"""

import re

SIGNATURE = re.compile(r"\s{0,2}(?:--|-- |––)\s*")
"""Source: RFC 3676 §4.3, with what programs make of it."""
WEAK_SIGNATURE = re.compile(r"\s{0,2}(?:—|__|---|\* \* \*|(?:_{3,}|-{4,}|={4,}|\*{4,}|—{2,}|─{3,}|~{3,}))\s*")
"""A line that people draw between paragraphs, too: what is below it tells."""

# --- "Sent from my phone"

_LINK = re.compile(r"[<(\[]{0,2}(?:https?://|www\.|mailto:)\S{0,300}[>)\]]{0,2}|<[^<>]{0,200}>$", re.IGNORECASE)
_SENT = (
    r"sent|written|typed|composed|posted|dictated|envoyé\w?|écrit|enviad[oa]|escrito|inviat[oa]|scritto|gesendet|"
    r"geschrieben|verschickt|verstuurd|verzonden|geschreven|sendt|skrevet|skickat|skrivet|lähetetty|wysłan[eoy]|"
    r"napisano|odesláno|odoslané|küldve|elküldve|trimis|отправлено|послано|надіслано|изпратено|gönderildi|poslano|"
    r"poslato|στάλθηκε|נשלח|أرسلت?|أُرسلت|مرسل|dikirim|saadetud|nosūtīts|išsiųsta|đã gửi|gửi|enviat|bidalia|sent to you"
)
_DEVICE = (
    r"i-?phon\w*|i-?pad\w*|i-?pod\w*|i-?os|mac(?:book)?|apple|android\w*|samsung|galaxy|pixel|huawei|honor|xiaomi|redmi|"
    r"oneplus|oppo|vivo|nokia|motorola|moto|lg|htc|sony|xperia|alcatel|zte|windows|blackberry|lumia|kindle|surface|"
    r"chromebook|phone|smart\s?phone|smartphone|mobile\w*|mobil\w*|cell|cellphone|cellular\w*|celular|móvil|tablet\w*|"
    r"tablette|handy|handheld|device|pc|computer|telefon\w*|téléphone|teléfono|telefone|telefono|telefoon|puhelim\w*|"
    r"matkapuhelim\w*|portable|smartfon\w*|телефон\w*|айфон\w*|смартфон\w*|устройств\w*|携帯|スマートフォン|手机|手機|휴대폰|"
    r"outlook|gmail|yahoo!?|aol|hotmail|mail|e-?mail|webmail|email\.it|mailbox|airmail|spark|sparrow|proton\s?mail|proton|"
    r"tutanota|tuta|canary|edison|bluemail|newton|superhuman|hey|fastmail|nine|k-9|fairemail|spike|zoho|gmx|web\.de|"
    r"yandex|mail\.ru|typeapp|polymail|mailspring|boxer|inbox|aquamail|mymail|thunderbird|unibox|postbox|shortwave|"
    r"missive|xfinity|comcast|verizon|at&t|t-mobile|correo|почт\w*|e-post|posta|poczt\w*"
)
_CONNECTION = (
    r"(?:wirelessly\s+|sans\s+fil\s+|drahtlos\s+)?(?:from|via|via\s+the|with|using|on|by|through|de|depuis|par|avec|à\s+"
    r"partir\s+de|desde|con|por|do|pelo|através\s+de|a\s+partir\s+do|da|dal|dalla|dall'|tramite|von|vom|mit|über|per|"
    r"vanaf|van|met|fra|med|från|via|z|ze|zo|ze\s+svého|pomocí|с|со|из|от|з|із|din|de\s+pe|od|sa|iz|s|από|מ|من|dari|từ|"
    r"des)"
)
_DEVICE_LINE = re.compile(
    r"[\s*_<\[(~>»—–-]{0,6}(?P<about>(?:this|diese|este|cet?|questo|dit|dette|detta|to|это|ta)\s+"
    r"(?:e-?mail|message|mail|nachricht|mensaje|correo|courriel|messaggio|bericht|meddelande|сообщение|wiadomość)\s+"
    r"(?:was|has\s+been|is|wurde|fue|a\s+été|è\s+stato|werd|is|blev)?\s{0,2})?"
    r"(?:(?:" + _SENT + r")\s+" + _CONNECTION + r"(?!\w)"
    r"|(?:lähetetty|küldve|elküldve|saadetud)\s"
    r"|(?:von|mit|vom|über|per|aus)\s[^\n]{0,60}(?:gesendet|geschrieben|verschickt|versandt)"
    r"|(?:from|desde|depuis|von)\s+(?:my|mi|mon|meinem)\s+(?:i-?phone|i-?pad|android|samsung|mobile|phone|cell|handy)"
    r"|(?:get|download|télécharger|téléchargez|obtenir|obtenez|obtener|obtenga|obtén|descarga\w?|obter|transferir|baixar|"
    r"scarica|ottieni|holen|laden|downloaden|download|hämta|skaffa|hent|få|lataa|hanki|pobierz|stáhnout|získat|"
    r"stiahnuť|загрузить|скачать|indir|edinin)(?:\s+sie)?(?:\s+sich)?\s+outlook"
    r")",
    re.IGNORECASE,
)
_DEVICE_WORD = re.compile(r"(?<!\w)(?:" + _DEVICE + r")(?!\w)", re.IGNORECASE)
_WHEN = re.compile(
    r"(?<!\w)(?:yesterday|today|tonight|last|this\s+(?:morning|week)|ago|already|twice|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|to\s+(?:you|the|dr|my|your)|i|we|you|ayer|hoy|anoche|pasad[oa]|lunes|martes|miércoles|jueves|viernes|"
    r"sábado|domingo|a\s+(?:usted|la|su)|gestern|heute|hier|aujourd'hui)(?!\w)|\d{1,2}[:/]\d",
    re.IGNORECASE,
)
_SENT_LAST = re.compile(r"(?:küldve|elküldve|gönderildi|gesendet)\Z", re.IGNORECASE)
_MINE = re.compile(
    r"[\s*_<\[(]{0,4}(?:sent|written|typed)\s+(?:from|via|with|using|on)\s+(?:my|an?)(?:\s[\w'’+-]{1,20}){1,5}\s*[.!)>\]]{0,3}\s*",
    re.IGNORECASE,
)
_NO_DEVICE = re.compile(
    r"(?<!\w)(?:doctor|dr|pharmacy|pharmacist|clinic|hospital|insur\w+|office|lawyer|employer|school|wife|husband|mother|"
    r"father|mom|mum|dad|sister|brother|son|daughter|nurse|therapist|surgeon|specialist|desk|chart|portal)(?!\w)",
    re.IGNORECASE,
)
_OTHER_DEVICE = re.compile(
    r"[\s*_<\[(]{0,4}(?:\w{2,20}\s+from\s+mobile|(?:sent\s+)?(?:from|via)\s+(?:my\s+)?mobile"
    r"|[^,;\n]{0,40}(?:から送信(?:されました|しました)?|より送信)"
    r"|(?:发|發|发送|發送|寄)?自我的[^,;\n]{1,30}|[從从]我的[^,;\n]{1,24}(?:傳送|发送|發送|传送)"
    r"|나의\s[^,;\n]{1,24}에서\s?보냄|[^,;\n]{1,24}에서\s?보냄"
    r"|[^,;\n]{0,24}(?:iphone|ipad|android|samsung)\w{0,8}['’]?\w{0,6}\s+gönderildi)\s*[.>\])*_]{0,3}\s*",
    re.IGNORECASE,
)
_APOLOGY = re.compile(
    r"(?:[.,;!–—-]|\(|\band\b)?\s{0,3}(?:so\s+)?(?:please\s+)?(?:excuse|pardon|forgive|sorry\s+for|apologi[sz]e|apologies|"
    r"disculp\w+|perdon\w+|veuillez\s+excuser|désolé|bitte\s+entschuldigen|scusate|desculpe)\b[^\n]{0,80}\Z",
    re.IGNORECASE,
)
LONGEST_DEVICE = 110


def device(line: str) -> bool:
    """Whether a program says here what the mail was written on: "Sent from my phone", and nothing of the person's."""
    if not line or len(line) > 300:
        return False
    bare = _LINK.sub("", line).strip()
    bare = _APOLOGY.sub("", bare).rstrip(" .!>)]*_")
    if not bare or len(bare) > LONGEST_DEVICE:
        return False
    if _OTHER_DEVICE.fullmatch(bare):
        return True
    if "?" in bare or re.search(r"[.!;]\s|,\s", bare):
        return False  # more than one thing is said
    if _WHEN.search(bare):
        return False  # "Sent by mail on Monday" is the person's
    begun = _DEVICE_LINE.match(bare)
    if begun and _DEVICE_WORD.search(bare, max(0, begun.end("about"))):
        return True
    if _SENT_LAST.search(bare) and len(bare.split()) <= 5 and _DEVICE_WORD.search(bare):
        return True
    return _MINE.fullmatch(bare) is not None and _NO_DEVICE.search(bare) is None


# --- "Best regards"

_FAREWELL = (
    r"(?:(?:with|mit|avec|con|com|med|z|s|с)\s+)?(?:my\s+|the\s+)?(?:very\s+)?"
    r"(?:best|kind|kindest|warm|warmest|many|with\s+best|with\s+kind)\s+(?:personal\s+)?(?:regards|wishes)"
    r"|(?:kind\s+|best\s+)?regards|best|sincerely(?:\s+yours)?|yours(?:\s+(?:sincerely|faithfully|truly|respectfully))?|"
    r"cheers|rgds|br|kr|respectfully(?:\s+yours)?|all\s+the\s+best|take\s+care|love|xoxo|cordially|warmly"
    r"|(?:mit\s+)?(?:den\s+)?(?:freundliche[nrm]?|besten?|viele[n]?|liebe[n]?|herzliche[nr]?|schöne[n]?|sonnige)\s+"
    r"gr(?:ü(?:ß|ss)|ue(?:ß|ss))(?:en?)?(?:\s+aus\s+\w+)?"
    r"|(?:lg|vg|mfg|bg|hg|gru(?:ß|ss)|grü(?:ß|ss)(?:e|le|li)?)|hochachtungsvoll"
    r"|(?:un\s+)?(?:cordial(?:es)?\s+|afectuosos?\s+)?saludos?(?:\s+(?:cordial(?:es)?|a\s+todos))?|atentamente|"
    r"atte|un\s+(?:fuerte\s+)?abrazo|cordialmente|afectuosamente"
    r"|(?:bien\s+)?(?:à\s+vous|cordialement)|bien\s+à\s+(?:vous|toi)|salutations(?:\s+distinguées)?|"
    r"(?:sincères\s+|meilleures\s+)salutations|amicalement|amitiés|"
    r"bonne\s+(?:fin\s+de\s+)?(?:journée|soirée)"
    r"|(?:cordiali|distinti)\s+saluti|(?:un\s+)?(?:cordiale\s+)?saluto|(?:tanti\s+)?saluti|cordialità"
    r"|atenciosamente|(?:melhores\s+|com\s+os\s+melhores\s+)?cumprimentos|abraços?|att|(?:com\s+)?estima"
    r"|met\s+(?:vriendelijke|hartelijke)\s+groet(?:en)?|(?:vriendelijke\s+|hartelijke\s+)?groet(?:en|jes|je)?|mvg|m\.v\.g"
    r"|(?:med\s+)?(?:de\s+)?(?:venlig|vennlig|vänlig|bästa|bedste|beste|hjertelig|varm)(?:e|a|t|ste)?\s*"
    r"(?:hilsen|hilsner|hälsning(?:ar)?)"
    r"|(?:mange\s+)?hilsen|hälsningar|mvh|dbh|vh|kh|ystävällisin\s+terveisin|(?:terveisin|terv)|hyvästi|parhain\s+terveisin"
    r"|(?:z\s+)?(?:powa[żz]aniem|wyrazami\s+szacunku)|pozdrawiam(?:\s+serdecznie)?|pozdrowienia|z\s+pozdrowieniami"
    r"|(?:s\s+)?(?:přátelským\s+|srdečným\s+)?pozdrav(?:em|om)|s\s+úctou|zdravím"
    r"|(?:baráti\s+)?üdvözlettel|üdv|tisztelettel|cu\s+(?:stimă|respect|drag)|o\s+zi\s+bună|toate\s+cele\s+bune"
    r"|(?:с|з)\s+(?:уважением|повагою|наилучшими\s+пожеланиями)|с\s+уважение|поздрави|srdačan\s+pozdrav|lep\s+pozdrav|"
    r"lp|s\s+poštovanjem|saygılarımla|saygılarımızla|iyi\s+çalışmalar|selamlar|με\s+εκτίμηση|φιλικά|"
    r"lugupidamisega|tervitades|ar\s+cieņu|pagarbiai|kveðja|me\s+respekt|agur\s+bero\s+bat|salutacions|"
    r"בברכה|بإخلاص|مع\s+التحية|مع\s+أطيب\s+التحيات|تحياتي|با\s+احترام|salam|hormat\s+saya|trân\s+trọng|thân\s+mến|"
    r"敬具|此致|敬上|よろしくお願い(?:いた|致)?します|宜しくお願い(?:いた|致)?します|顺祝商祺|祝好|감사합니다|드림"
)
_THANKS = (
    r"(?:many\s+)?thanks(?:\s+(?:again|so\s+much|a\s+lot|in\s+advance|and\s+(?:kind\s+|best\s+)?regards|very\s+much))?|"
    r"thank\s+you(?:\s+(?:again|(?:very|so)\s+much|in\s+advance|kindly))?|thx|ty|tia|"
    r"(?:viele[n]?|besten|herzlichen|lieben)\s+dank(?:\s+(?:im\s+voraus|und\s+\w+\s+grü(?:ß|ss)e))?|danke(?:\s+schön)?|"
    r"(?:muchas\s+|mil\s+)?gracias(?:\s+(?:de\s+antemano|y\s+saludos))?|merci(?:\s+(?:d'avance|beaucoup|bien))?|"
    r"grazie(?:\s+mille)?|(?:muito\s+)?obrigad[oa]|(?:alvast\s+)?bedankt|dank(?:\s+je|\s+u)?(?:\s+wel)?|"
    r"(?:på\s+förhånd\s+)?tak|takk|tack(?:\s+på\s+förhand)?|kiitos|kiittäen|dziękuję|děkuji|ďakujem|köszönettel|köszönöm|"
    r"mulțumesc|спасибо|дякую|благодаря|hvala|teşekkürler|ευχαριστώ|תודה|شكرا|terima\s+kasih|cảm\s+ơn|"
    r"ありがとうございます|谢谢|謝謝|고맙습니다"
)
_TAIL = r"[^\w\n?]{0,8}"
FAREWELL = re.compile(r"[\s*_]{0,4}(?:" + _FAREWELL + r")" + _TAIL, re.IGNORECASE)
VALEDICTION = re.compile(r"[\s*_]{0,4}(?:" + _FAREWELL + r"|" + _THANKS + r")" + _TAIL, re.IGNORECASE)
_SIGNED = re.compile(r"[\s*_]{0,4}(?:" + _FAREWELL + r")[,.!\s–-]{1,4}(?P<name>[^\n]{2,50})", re.IGNORECASE)

# --- names

_PARTICLE = frozenset(
    re.findall(
        r"\S+",
        """
de del della di da do dos das la las los le van von der den ter ten el al bin ibn y e i und and & af
av zu zur
""",
    )
)
_ANSWER = frozenset(
    re.findall(
        r"\S+",
        """
yes no ok okay sure fine great perfect maybe never none nothing stop start help confirm confirmed
cancel cancelled canceled reschedule change today tomorrow tonight now soon later morning afternoon
evening noon night monday tuesday wednesday thursday friday saturday sunday january february march
april may june july august september october november december agreed correct wrong true false
unsubscribe accept decline both neither first second third done si sí vale claro confirmo confirmado
cancelar cancelo cambiar cambio hoy mañana tarde noche ahora nunca nada ninguno lunes martes
miércoles miercoles jueves viernes sábado sabado domingo alto parar baja ayuda enero febrero marzo
abril mayo junio julio agosto septiembre octubre noviembre diciembre correcto ambos perfecto bien ja
nein oui non sim não nao ne tak nie да нет так ні hai evet hayır heute morgen demain oggi domani
amanhã hoje montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi
vendredi samedi dimanche lunedì martedì mercoledì giovedì venerdì sabato domenica segunda terça
quarta quinta sexta
""",
    )
)
_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_NAME_CHARACTERS = re.compile(r"[^\d@<>:;?!=+#/\\{}\[\]]{1,60}")
NAME_WORDS = 5


def name(line: str) -> bool:
    """Whether the line may be a person's name and is no answer of theirs: "Thanks / Monday" gives a day."""
    bare = line.strip(" \t*_,.-–—~()\"'")
    if not bare or not _NAME_CHARACTERS.fullmatch(bare):
        return False
    words = [word.strip(".,'\"()") for word in bare.split()]
    words = [word for word in words if word]
    if not words or len(words) > NAME_WORDS or words[0].lower() in _ANSWER:
        return False
    counted = [word for word in words if word.lower() not in _PARTICLE]
    return bool(counted) and all(_WORD.match(word) and not word[0].islower() for word in counted)


def initial(line: str) -> bool:
    """Whether it is a name's first letter. Below thanks it may be an answer: "Thanks / Y"."""
    return len(line.strip(" .")) == 1 and line.strip(" .").isalpha()


# --- what stands below a name

_CONTACT = re.compile(
    r"[^\s@]@[^\s@]|https?://|www\.|\bcid:|\[image|!\[|\+?\d[\d\s().-]{7,}\d|[|•·]\s|\b(?:tel|phone|mobile|cell|fax|e-?mail|"
    r"web|tél|teléfono|móvil|telefon|mobil|telefono|telefone)\b\.?\s?[:#]",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"\b(?:dob|d\.o\.b|born|birth\w*|nacid[oa]|nacimiento|f\.\s?nac|geboren|geb\.|naissance|né\w? le|mrn|patient|"
    r"paciente|policy|member|group|id|insurance|seguro)\b",
    re.IGNORECASE,
)
POSTSCRIPT = re.compile(r"[\s*_(]{0,4}(?:p\.?\s?p?\.?\s?s\.?|p\.?\s?d\.?|nb|n\.b\.|ps\.)\s?[:.,-]?\s+\S", re.IGNORECASE)


def furniture(line: str) -> bool:
    """Whether the line may stand below a name in a signature: an office, a street, a number, a link; no sentence."""
    bare = line.strip()
    if _BIRTH.search(bare) or POSTSCRIPT.match(bare):
        return False
    if _CONTACT.search(bare):
        return len(bare) <= 200
    if bare.endswith(("?", "？")) or (
        any(each.isdigit() for each in bare) and not any(each.isalpha() for each in bare)
    ):
        return False
    return not sentence(bare)


def sentence(line: str) -> bool:
    """Whether the line reads like something that is said, rather than like a title or an address."""
    words = line.split()
    if len(words) == 1:
        return len(line) > 60  # of a script without spaces
    if len(words) < 4:
        return line.rstrip().endswith(("!", "?", "。", "！", "？"))
    if len(line) > 90:
        return True
    lower = sum(word[0].islower() for word in words)
    return lower * 2 > len(words) or (line.rstrip().endswith((".", "!", "?")) and lower * 3 > len(words))


_DASHED = re.compile(r"\s{0,2}(?:[-–—~]{1,2}|/)\s?(?P<name>[^\W\d_][\w.'’-]{0,30}(?:\s[^\W\d_][\w.'’-]{0,30}){0,3})\s*")


def dashed(line: str) -> bool:
    """Whether the line is a name behind a dash; an answer behind a dash is none."""
    found = _DASHED.fullmatch(line)
    if found is None:
        return False
    words = found["name"].lower().split()
    return name(found["name"]) or (line[1:2] != " " and len(words) == 1 and words[0] not in _ANSWER)


def warning(paragraph: str) -> bool:
    """Whether it is a mail system's warning of what comes from outside."""
    return len(_BANNER_WORDS.findall(paragraph)) >= 2 and _MINE_HERE.search(paragraph) is None


def signed(line: str) -> bool:
    """Whether one line is farewell and name: "Saludos, Ana"."""
    found = _SIGNED.fullmatch(line.rstrip())
    return found is not None and name(found["name"]) and len(found["name"].split()) <= 3


# --- disclaimers and warnings

_CONCERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"confidential|privileged|vertraulich|confidencial|confidentiel|riservat|vertrouwelijk|fortrolig|konfidentiell|"
        r"poufn|luottamuksel|конфиденциальн|gizli|důvěrn|privacy",
        r"intended\s+(?:solely|only|recipient|for)|addressee|bestimmt|destinat|geadresseerde|bestemd|adressat|предназначен|"
        r"recipient|empfänger",
        r"in\s+error|by\s+mistake|irrtümlich|por\s+error|par\s+erreur|per\s+errore|por\s+engano|abusievelijk|ved\s+en\s+fejl|"
        r"notify|delete|löschen|elimin|supprim|cancell|verwijder|destroy|apagu",
        r"unauthori[sz]ed|prohibited|strictly|unbefugt|untersagt|prohibid|interdit|vietat|proibid|verboden|unlawful|"
        r"disclos|distribut|copying|dissemin|divulg",
        r"virus|malware|liabilit|haftung|responsab|accept\s+no|attachments?|anhang|adjuntos?",
        r"registered\s+(?:office|in)|company\s+(?:no|number|registration)|handelsregister|amtsgericht|\bvat\b|sitz\s+der",
    )
]
FOOTER = re.compile(
    r"[\s*_]{0,4}(?:please\s+consider\s+the\s+environment|(?:think|save)\b[^\n]{0,40}before\s+(?:you\s+)?print"
    r"|(?:antes\s+de\s+imprimir|avant\s+d'imprimer|bitte\s+(?:prüfen|denken)[^\n]{0,60}(?:druck|umwelt)|"
    r"prima\s+di\s+stampare|denk\s+aan\s+het\s+milieu)"
    r"|(?:this\s+(?:e-?mail|message)\s+(?:has\s+been|was)\s+(?:scanned|checked)|scanned\s+(?:for|by)\s)"
    r"|virus-free|libre\s+de\s+virus|virenfrei|garanti\s+sans\s+virus|privo\s+di\s+virus|virusvrij|livre\s+de\s+vírus"
    r"|el\s+software\s+de\s+antivirus|diese\s+e-mail\s+wurde\s+von\s+avast|l'absence\s+de\s+virus"
    r"|you\s+received\s+this\s+message\s+because\s+you\s+are\s+subscribed)",
    re.IGNORECASE,
)
HEADING = re.compile(
    r"[\s*_]{0,4}(?:(?:legal|e-?mail|important)\s+)?(?:disclaimer|confidentiality(?:\s+(?:notice|note))?|aviso\s+(?:legal|de\s+"
    r"confidencialidad)|confidencialidad|haftungsausschluss|vertraulichkeitshinweis|avertissement|riservatezza|avvertenza)"
    r"[:.\s*_]{0,4}",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"(?:(?:to|click\s+here\s+to)\s+unsubscribe|unsubscribe\s+(?:from\s+this|here|at|link)|mailing\s+list|you\s+received\s+"
    r"this|manage\s+(?:your\s+)?(?:subscription|preferences))[^\n]{0,200}(?:https?://|@|www\.)",
    re.IGNORECASE,
)
_MINE_HERE = re.compile(r"(?<!\w)(?:i|i'm|i've|my|me|ich|mir|mein\w?|yo|me|mi|mis|je|mon|ma|mes)(?!\w)", re.IGNORECASE)


def disclaimer(paragraph: str) -> bool:
    """Whether the paragraph is a lawyer's, a scanner's or a mailing list's. "Please keep this confidential" is none."""
    if FOOTER.match(paragraph) or _LIST.search(paragraph):
        return _MINE_HERE.search(paragraph) is None
    concerns = sum(concern.search(paragraph) is not None for concern in _CONCERNS)
    if _MINE_HERE.search(paragraph):
        return concerns >= 4 and len(paragraph) > 250
    return concerns >= (3 if len(paragraph) < 60 else 2)


BANNER = re.compile(
    r"[\s*_\[(<!⚠️-]{0,8}(?:caution|warning|external(?:\s+(?:e-?mail|sender|message))?|extern(?:e\s+e-?mail|al)?|achtung|"
    r"attention|vorsicht|precaución|advertencia|atención|correo\s+externo|attenzione|let\s+op|"
    r"you\s+don['’]t\s+often\s+get\s+e?-?mail|some\s+people\s+who\s+received\s+this)\b",
    re.IGNORECASE,
)
_BANNER_WORDS = re.compile(
    r"originated|outside|external|extern\w*|fuera|sender|remitente|absender|expéditeur|attachments?|anhäng\w+|adjuntos|"
    r"pièces|links?|enlaces|organi[sz]ation|organización|often\s+get",
    re.IGNORECASE,
)
