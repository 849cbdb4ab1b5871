"""How mail programs, in many languages, introduce what they quote, and what people close their mails with.

Each pattern is asked of one line of bounded length, so that none can run away.
"""

import re

LONGEST_LINE = 400
"""Characters of a line that patterns look at: no line of a program's own is longer."""

# --- "On Monday, Ana wrote:"

ATTRIBUTION_START = re.compile(
    r"[\s*_>\[(\"'“„«|-]{0,8}(?:"
    # words that a date follows
    r"(?:on|at|in|am|um|vom|le|el|il|em|no dia|em data|op|den|dnia|w dniu|dne|dňa|dana|la|în|pe|a|på|kl|dt|the|em"
    r"|vào|ngày|στις|στη|בתאריך|ב-|في|за|от|në|el dia|pada|pe data|tarihinde|il giorno|il dì|"
    # days of the week, as far as they tell
    r"mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|mo|di|mi|do|fr|sa|so|seg|ter"
    r"|qua|qui"
    r"|sex|ma|wo|vr|za|zo|man|tir|ons|tor|tors|fre|lør|lör|søn|sön|mån|tis|ti|ke|to|pe|la|su|pon|wt|śr|czw|pt"
    r"|sob|niedz"
    r"|po|út|st|čt|pá|ne|hét|ked|sze|csüt|pén|szo|vas|пн|вт|ср|чт|пт|сб|вс|нд|pzt|sal|çar|per|cum|cmt|paz)"
    r"[a-zà-žа-я]{0,10}\b"
    r"|[0-9]{1,4}[\s./年-])"
    # or a name and its mailbox
    r"|[^<>:\n]{1,80}<[^<>\s]{1,80}@",
    re.IGNORECASE,
)
"""How a line may begin that says who wrote what follows, and when: with a date, or a word before one."""

ATTRIBUTION_VERB = re.compile(
    r"(?:wrote|writes|said|schrieb|schreef|geschreven|a écrit|a\s+écrit|escribió|escribio|ha escrito|escreveu"
    r"|ha scritto"
    r"|skrev|skreiv|kirjoitti|kirjutas|napisał|napisała|napisał\(a\)|napsal|napsala|napsal\(a\)|napísal|napísala"
    r"|napísal\(a\)|napisao|napisal|a scris|írta|ezt írta|yazdı|yazmış|пише|пишет|написал|написала|написал\(а\)"
    r"|написав|написа|έγραψε|כתב|כתבה|كتب|menulis|đã viết|va escriure|idatzi du|shkroi|parašė|rakstīja|skrifaði"
    r"|さんは書きました|のメッセージ|のメール|が書きました|写道|寫道|님이 작성|작성)",
    re.IGNORECASE,
)

MAILBOX_END = re.compile(r"<[^<>\s]{1,80}@[^<>\s]{1,80}>\s{0,2}[:：]\s*\Z")
"""A line that ends with a mailbox and a colon introduces a quotation, verb or not."""

ATTRIBUTION_END = re.compile(r"[:：]\s*[*_\])\"'”»]{0,4}\s*\Z")

SURE = re.compile(r"@|<|\[mailto|\b[0-9]{1,2}[:.h][0-9]{2}\b|\b(?:19|20)[0-9]{2}\b|年")
"""What an attribution has and a person's own sentence rarely: a mailbox, a time of day, a year."""

# --- "From: … Sent: … To: … Subject: …"

_FROM = (
    "from|von|de|da|van|fra|från|od|lähettäjä|от|від|kimden|gönderen|feladó|expéditeur|desde|差出人|发件人|寄件者"
    "|보낸 사람|από|מאת|من|pengirim|dari"
)
_DATE = (
    "sent|date|gesendet|datum|envoyé|envoyé le|envoye|enviado|enviado el|enviada em|enviado em|fecha|data"
    "|inviato|verzonden|sendt|dato"
    "|skickat|lähetetty|päivämäärä|wysłano|data wysłania|odesláno|odoslané|dátum|küldve|trimis|отправлено|дата"
    "|надіслано|gönderildi|tarih"
    "|gönderilme tarihi|送信日時|日付|发送时间|發送日期|寄件日期|日期|보낸 날짜|날짜|στάλθηκε|ημερομηνία"
    "|תאריך|נשלח|التاريخ|تم الإرسال"
)
_TO = (
    "to|an|à|a|para|aan|til|till|vastaanottaja|do|komu|кому|kime|címzett|destinataire|către|宛先|收件人|收件者"
    "|받는 사람|προς|אל|إلى|kepada|cc|kopie|copie|kopia"
)
_SUBJECT = (
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|temat|předmět|predmet|тема|konu"
    "|tárgy|subiect|件名|主题|主旨|제목"
    "|θέμα|נושא|الموضوع|subyek|perihal|re"
)
HEADER = re.compile(
    r"[\s*_>|]{0,6}(?:(?P<sender>"
    + _FROM
    + r")|(?P<date>"
    + _DATE
    + r")|(?P<to>"
    + _TO
    + r")|(?P<subject>"
    + _SUBJECT
    + r"))"
    r"\s{0,2}[*_]{0,2}\s{0,2}[:：]",
    re.IGNORECASE,
)

# --- lines that only separate

ORIGINAL = re.compile(
    r"\s{0,4}[-_=*>]{2,}\s*(?:begin(?:ning)?\s+)?(?:original(?:\s+message|nachricht|meddelelse|melding)?"
    r"|forwarded\s+message|ursprüngliche\s+nachricht"
    r"|ursprungligt\s+meddelande|weitergeleitete\s+nachricht|message\s+d'origine|message\s+original"
    r"|message\s+transféré"
    r"|mensaje\s+original|mensaje\s+reenviado|mensagem\s+original|mensagem\s+encaminhada|messaggio\s+originale"
    r"|messaggio\s+inoltrato|oorspronkelijk\s+bericht|doorgestuurd\s+bericht|oprindelig\s+meddelelse"
    r"|videresendt\s+\w+"
    r"|opprinnelig\s+melding|vidarebefordrat\s+\w+|alkuperäinen\s+viesti|wiadomość\s+oryginalna"
    r"|oryginalna\s+wiadomość|treść\s+oryginalna"
    r"|původní\s+zpráva|pôvodná\s+správa|eredeti\s+üzenet|mesaj\s+original|исходное\s+сообщение"
    r"|пересылаемое\s+сообщение"
    r"|пересланное\s+сообщение|orijinal\s+mesaj|özgün\s+ileti|元のメッセージ|原始邮件|原始郵件|转发邮件|원본\s*메[시세]지)"
    r"[^\n]{0,80}",
    re.IGNORECASE,
)
FRAMED = re.compile(r"\s{0,4}[-_=*]{2,12}\s{0,2}[^\W_][^\n]{1,100}?\w\s{0,2}[-_=*]{2,12}")
"""Words between dashes: above a mail's header they introduce it, whatever their language."""
ABOVE_THIS_LINE = re.compile(
    r"[^\w\n]{0,12}(?:(?:please\s+)?(?:type|write|enter)?\s*(?:your\s+)?reply\s+above\s+this\s+line"
    r"|reply\s+above\s+this\s+line"
    r"|antworten\s+sie\s+oberhalb|responda\s+por\s+encima|répondre\s+au-dessus)",
    re.IGNORECASE,
)
RULE = re.compile(r"\s{0,4}(?:_{5,}|-{8,}|={8,}|\*{8,}|—{3,}|─{3,})\s*")
FORWARDED = re.compile(
    r"(?:original message processed by[^\n]{0,60}|begin forwarded message|anfang der weitergeleiteten nachricht"
    r"|début du message (?:réexpédié|transféré)"
    r"|inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem (?:reenviada|encaminhada))\s*:?\s*",
    re.IGNORECASE,
)

# --- signatures

SIGNATURE = re.compile(r"\s{0,2}(?:--|—|––|__|-- )\s*")

DEVICE = re.compile(
    r"[\s*_<\[(]{0,4}(?:(?:sent|written|typed|composed)\s+(?:from|via|with|using|on)\s+(?:my|a|an|the|your"
    r"|outlook|gmail|yahoo|mail|proton|samsung|mobile|blackberry|iphone|ipad|android|windows)\b[^.,;!?\n]{0,80}"
    r"|(?:get|download|télécharger|obtenir|obtener|descargar|obter|transferir|scarica|ottieni|holen|laden|downloaden"
    r"|hämta|hent|lataa|pobierz)(?:\s+sie)?(?:\s+sich)?\s+outlook\s+\w{2,5}\s+\w+[^\n]{0,80}"
    r"|envoyé\s+(?:de|depuis|à partir de)\s+(?:mon|ma|outlook|yahoo|mail)\b[^.,;\n]{0,60}"
    r"|enviado\s+(?:desde|do|de|via|a partir)\s+(?:mi|meu|minha|outlook|yahoo|mail|el|o)\b[^.,;\n]{0,60}"
    r"|(?:von\s+(?:meinem|unterwegs|mein)[^.,;\n]{0,40}gesendet|gesendet\s+(?:von|mit|über|via)\s[^.,;\n]{0,60})"
    r"|diese\s+nachricht\s+wurde\s+von\s+mein[^.,;\n]{0,60}"
    r"|inviato\s+(?:da|dal|con)\s[^.,;\n]{0,60}"
    r"|(?:verzonden|verstuurd)\s+(?:vanaf|met|via|van)\s[^.,;\n]{0,60}"
    r"|sendt\s+(?:fra|med)\s(?:min|mitt|outlook|mail)[^.,;\n]{0,60}|skickat\s+från\s+(?:min|mitt|outlook"
    r"|e-post)[^.,;\n]{0,60}|hämta\s+outlook[^\n]{0,60}|hent\s+outlook[^\n]{0,60}"
    r"|lähetetty\s[^.,;\n]{0,60}|wysłan[eo]\s+z\s[^.,;\n]{0,60}|odesláno\s+z\s[^.,;\n]{0,60}"
    r"|odoslané\s+z\s[^.,;\n]{0,60}"
    r"|отправлено\s+(?:с|из)\s[^.,;\n]{0,60}|надіслано\s+з\s[^.,;\n]{0,60}|iphone'umdan gönderildi"
    r"|[^.,;\n]{0,30}(?:から送信|から送信されました)"
    r"|发自我的[^.,;\n]{0,30}|從我的[^.,;\n]{0,20}傳送|나의\s[^.,;\n]{0,20}에서\s보냄)\s*[.>\])*_]{0,3}\s*",
    re.IGNORECASE,
)

DASHED_NAME = re.compile(r"\s{0,2}(?:[-–—]{1,2}|/)[^\W\d_][\w.'’-]{0,30}(?:\s[^\W\d_][\w.'’-]{0,30}){0,3}\s*")

VALEDICTION = re.compile(
    r"[\s*_]{0,4}(?:(?:best|kind|kindest|warm|warmest|many|with best|with kind)\s+(?:regards|wishes|thanks)"
    r"|regards|best|sincerely(?:\s+yours)?"
    r"|yours(?:\s+(?:sincerely|faithfully|truly))?|cheers|thanks(?:\s+(?:again|so much|a lot|in advance"
    r"|and regards))?|thank\s+you(?:\s+(?:very|so)\s+much)?|thx|rgds|respectfully"
    r"|(?:mit\s+)?(?:freundliche[nr]?|besten?|viele|liebe|herzliche[n]?|schöne[n]?)\s+(?:grü(?:ß|ss)en?|dank)"
    r"|(?:lg|vg|mfg|gru(?:ß|ss)|grü(?:ß|ss)e)"
    r"|(?:un\s+)?(?:cordial\s+|afectuoso\s+)?saludos?(?:\s+cordiales)?|atentamente|(?:muchas\s+)?gracias"
    r"|un\s+abrazo|cordialmente"
    r"|(?:bien\s+)?cordialement|bien\s+à\s+vous|salutations|amicalement|merci(?:\s+(?:d'avance|beaucoup))?"
    r"|(?:cordiali|distinti)\s+saluti|saluti|grazie|atenciosamente|(?:melhores\s+)?cumprimentos|obrigad[oa]|abraços?"
    r"|met\s+(?:vriendelijke|hartelijke)\s+groet(?:en)?|(?:vriendelijke\s+|hartelijke\s+)?groet(?:en|jes)?|mvg"
    r"|m\.v\.g\."
    r"|(?:med\s+)?(?:venlig|vennlig|vänlig|bästa|bedste|beste|hjertelig)e?\s*(?:hilsen|hilsner|hälsning(?:ar)?"
    r"|hälsningar)|(?:mange\s+)?hilsen|hälsningar|mvh|vh|kh|tack(?:\s+på\s+förhand)?"
    r"|ystävällisin\s+terveisin|terveisin|terv\.?|(?:z\s+powa[żz]aniem|pozdrawiam(?:\s+serdecznie)?"
    r"|pozdrowienia|dziękuję)"
    r"|s\s+pozdravem|s\s+pozdravom|děkuji|üdvözlettel|köszönettel|cu\s+(?:stimă|respect)|с\s+уважением|спасибо"
    r"|з\s+повагою|saygılarımla|teşekkürler|よろしくお願いします|敬具|此致|谢谢|감사합니다)"
    r"[^\w\n?]{0,8}",
    re.IGNORECASE,
)

DISCLAIMER = re.compile(
    r"\b(?:confidential(?:ity)?\b|privileged|intended\s+(?:solely|only|recipient)|vertraulich|confidencial"
    r"|confidentiel|riservat|vertrouwelijk"
    r"|fortrolig|konfidentiell|poufn|disclaimer|unsubscribe|scanned\s+(?:for|by)|virus-free"
    r"|please consider the environment)",
    re.IGNORECASE,
)
BANNER = re.compile(
    r"[\s*_\[(<!]{0,6}(?:caution|warning|external(?:\s+(?:e-?mail|sender))?|extern(?:e\s+e-?mail)?|achtung"
    r"|attention|you\s+don't\s+often\s+get\s+e?-?mail)\b",
    re.IGNORECASE,
)
BANNER_WORDS = re.compile(
    r"originated|outside|external|extern|sender|attachments?|links?|organi[sz]ation", re.IGNORECASE
)
