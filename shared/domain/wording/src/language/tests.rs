//! Which language is told, by the shipped lists.

use super::{Enough, Languages, Spoken};
use crate::corpus::Row;
use crate::training::Material;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The shipped lists; `domain` reads and lints them for the product.
fn shipped() -> (Languages, Enough) {
    let text = std::fs::read_to_string(root().join("shared/policy/languages/v1.toml")).unwrap();
    let policy: toml::Table = text.parse().unwrap();
    let list = |table: &toml::Table, name: &str| table[name].as_array().unwrap().clone();
    let number = |table: &toml::Table, name: &str| u32::try_from(table[name].as_integer().unwrap()).unwrap();
    let languages: Vec<toml::Table> =
        list(&policy, "language").into_iter().map(|own| own.as_table().unwrap().clone()).collect();
    let words: Vec<Vec<(String, u8)>> = languages
        .iter()
        .map(|own| {
            let said = list(own, "said");
            let said = said.iter().map(|said| said.as_table().unwrap());
            let each = said.flat_map(|said| {
                let points = u8::try_from(number(said, "points")).unwrap();
                list(said, "words").into_iter().map(move |word| (word.as_str().unwrap().to_owned(), points))
            });
            each.collect()
        })
        .collect();
    let words: Vec<Vec<(&str, u8)>> =
        words.iter().map(|own| own.iter().map(|(word, points)| (word.as_str(), *points)).collect()).collect();
    let spoken = languages.iter().zip(&words).map(|(own, words)| Spoken {
        id: own["id"].as_str().unwrap(),
        told: own["told"].as_bool().unwrap(),
        words,
        letters: (own["letters"].as_str().unwrap(), u8::try_from(number(own, "letter_points")).unwrap()),
    });
    let enough = policy["enough"].as_table().unwrap();
    let enough = Enough {
        points: number(enough, "points_min"),
        lead: number(enough, "lead_min"),
        near: number(enough, "near_max"),
        share: number(enough, "share_min"),
    };
    (Languages::new(&spoken.collect::<Vec<_>>()), enough)
}

fn corpus() -> Vec<Row> {
    let folder = root().join("tests/tickets");
    Material::gather(|file| std::fs::read_to_string(folder.join(file)).ok()).unwrap().rows
}

/// Short letters about bills, as people write them.
const WRITTEN: &[(&str, &str)] = &[
    ("en", "I was charged twice this month"),
    ("en", "please cancel my subscription"),
    ("en", "Where is the receipt for my last order?"),
    ("en", "pls refnud teh money i payed yesterday"),
    ("en", "my card was declined but i have enough money on it"),
    ("en", "cant find my invioce anywhere, can you send it again"),
    ("en", "Could you add our VAT number to the invoice?"),
    ("en", "why did you take 49 EUR from us"),
    ("en", "We've been billed for 12 seats, we only use 9"),
    ("en", "I DON'T RECOGNISE THIS CHARGE"),
    ("en", "Thanks, but that doesnt help me"),
    ("en", "The amount on our invoice is wrong, Mr Müller told us it would be less"),
    ("en", "How do I change the card we pay with?"),
    ("en", "is there any news on this"),
    ("en", "There is a strange thing with the Rechnung you sent us, what does Mehrwertsteuer mean?"),
    ("en", "we asked for an upgrade to Pro and got nothing"),
    ("en", "Hola, I was wondering if you could send the invoice again"),
    ("en", "it still says past due although we paid on Monday"),
    ("en", "not what we agreed on"),
    ("en", "who do I talk to about this bill"),
    ("en", "wheres my money"),
    ("de", "Mir wurde der Betrag zweimal abgebucht"),
    ("de", "Doppelt abgebucht\nMir wurde der Betrag zweimal abgebucht."),
    ("de", "Bitte kündigen Sie mein Abo zum Monatsende"),
    ("de", "bitte kuendigen sie mein abo"),
    ("de", "ich moechte mein geld zurueck"),
    ("de", "wo bleibt meine rückerstatung??"),
    ("de", "Hi, ich wurde double charged"),
    ("de", "Meine Karte wurde abgelehnt, obwohl genug Geld drauf ist"),
    ("de", "Warum sind das 49 Euro und nicht 39?"),
    ("de", "Könnten Sie uns die Rechnung nochmal schicken?"),
    ("de", "koennt ihr mir die rechnung fuer maerz schicken"),
    ("de", "Die Umsatzsteuer ist falsch ausgewiesen"),
    ("de", "Wir haben nur 9 Lizenzen, berechnet wurden 12"),
    ("de", "Hab ich nicht bestellt"),
    ("de", "das stimt so nicht"),
    ("de", "Guten Tag, unser Invoice hat ein falsches Due Date, bitte um Update"),
    ("de", "Diese Abbuchung kenne ich nicht und habe sie zurückgeben lassen"),
    ("de", "Gibt es schon was Neues?"),
    ("de", "danke, aber das hilft mir nicht weiter"),
    ("de", "FÜR WAS IST DIESE ABBUCHUNG"),
    ("de", "Wie a\u{308}ndere ich die Karte, mit der wir zahlen?"),
    ("de", "seit dem Upgrade auf Pro fehlen uns Funktionen"),
    ("fr", "J'ai été débité deux fois"),
    ("fr", "Pouvez-vous m'envoyer la facture de mars ?"),
    ("fr", "je veux un remboursement"),
    ("fr", "Je n’arrive plus à payer avec ma carte"),
    ("fr", "bonjour j ai ete preleve 2 fois ce mois ci merci de me rembourser"),
    ("fr", "Le montant de notre facture est faux"),
    ("fr", "Merci de résilier mon abonnement à la fin du mois"),
    ("fr", "ou est mon remboursement svp"),
    ("fr", "Pourquoi y a-t-il de la TVA sur cette facture ?"),
    ("fr", "Ma carte a été refusée alors que j'ai de l'argent"),
    ("fr", "Nous payons pour douze utilisateurs et nous sommes neuf"),
    ("fr", "Hello, je voudrais upgrade notre plan"),
    ("fr", "je ne reconnais pas ce prelevement"),
    ("fr", "Il manque notre numéro de commande sur la facture"),
    ("fr", "c'est quoi ces 49 euros"),
    ("fr", "toujours pas de réponse"),
    ("fr", "vous m avez facturer en double"),
    ("fr", "comment changer de carte bancaire"),
    ("fr", "J’attends depuis trois semaines, c’est inadmissible"),
    ("fr", "Je souhaite passer à l'offre supérieure"),
    ("es", "Me han cobrado dos veces"),
    ("es", "¿Dónde está mi reembolso?"),
    ("es", "donde esta mi reembolso"),
    ("es", "Por favor cancelen mi suscripción, ya no la uso"),
    ("es", "No puedo pagar con mi tarjeta"),
    ("es", "mi targeta fue rechasada y tengo dinero"),
    ("es", "Necesito una copia de la factura de marzo"),
    ("es", "El importe de nuestra factura no es correcto"),
    ("es", "hola buenas, me cobraron 2 veses este mes gracias"),
    ("es", "¿Por qué me cobran IVA si estamos en Canarias?"),
    ("es", "Quiero mi dinero"),
    ("es", "no reconozco este cargo en mi cuenta"),
    ("es", "Queremos cambiar al plan Pro desde mañana"),
    ("es", "Hi, necesito un refund de mi última compra"),
    ("es", "Pagamos doce usuarios y somos nueve"),
    ("es", "alguien me puede ayudar"),
    ("es", "Sigo sin respuesta"),
    ("es", "¿cuando me devuelven lo que pague de mas?"),
    ("es", "Falta nuestro número de pedido en la factura"),
    ("es", "como cambio la tarjeta con la que pago"),
    ("es", "gracias pero eso no me sirve"),
];

/// Too little, two at once, and languages that we do not answer in.
const UNTOLD: &[(&str, &str)] = &[
    ("nothing", ""),
    ("numbers", "4431 49,00 2026-03-01"),
    ("signs", "??? !!! :-)"),
    ("an address and a link", "ann@shop.example https://shop.example/the/invoice?is=not"),
    ("a number of an invoice", "INV-2031"),
    ("letters", "xqzt wv prlk"),
    ("more letters", "asdf jklö qwer uiop yxcv bnm asdf hjkl"),
    ("filler", "lorem ipsum dolor sit amet consectetur adipiscing elit"),
    ("one word", "Invoice"),
    ("a word of many", "Abonnement"),
    ("names", "Peter Müller, Anna Schmidt, José García"),
    ("names of ours", "Pro Enterprise Team"),
    ("what several have", "no no no"),
    ("thanks", "thx"),
    ("a word with a number", "Rechnung 4431"),
    ("two at once", "Bitte erstatten Sie den Betrag. Please refund the amount that you took."),
    ("two others at once", "Merci de me rembourser la facture. Por favor devuelvan el dinero de la factura."),
    ("the same in two", "reembolso por favor"),
    ("Italian", "Mi avete addebitato due volte la fattura di marzo"),
    ("Italian", "Vorrei un rimborso per il mio abbonamento"),
    ("Italian", "Buongiorno, non riesco a pagare con la carta di credito"),
    ("Italian", "perché mi è stato addebitato questo importo?"),
    ("Italian", "grazie mille ma non mi aiuta"),
    ("Dutch", "Ik ben twee keer belast voor dezelfde factuur"),
    ("Dutch", "Graag mijn abonnement opzeggen per eind van de maand"),
    ("Dutch", "Waar blijft de terugbetaling van mijn geld?"),
    ("Dutch", "Kunt u ons de factuur van maart nog een keer sturen?"),
    ("Dutch", "mijn kaart werd geweigerd"),
    ("Portuguese", "Fui cobrado duas vezes este mês"),
    ("Portuguese", "Não consigo pagar com o meu cartão de crédito"),
    ("Portuguese", "Gostaria de cancelar a minha assinatura, por favor"),
    ("Portuguese", "quero o meu dinheiro de volta"),
    ("Polish", "Proszę o zwrot pieniędzy za fakturę"),
    ("Polish", "Zostałem obciążony dwa razy w tym miesiącu"),
    ("Polish", "dlaczego nie mogę zapłacić kartą"),
    ("Turkish", "Kartımdan iki kez ücret çekildi, lütfen iade edin"),
    ("Turkish", "Aboneliğimi iptal etmek istiyorum"),
    ("Turkish", "faturayi alamadim tesekkurler"),
    ("Swedish", "Jag har blivit debiterad två gånger den här månaden"),
    ("Danish", "Jeg kan ikke betale med mit kort"),
    ("Norwegian", "Hei, jeg vil ha pengene tilbake for fakturaen"),
    ("Czech", "Dobrý den, prosím o vrácení peněz za fakturu"),
    ("Romanian", "Bună ziua, am plătit factura de două ori"),
    ("Finnish", "Minulta on veloitettu kaksi kertaa sama lasku"),
    ("Hungarian", "Kétszer vonták le az összeget a kártyámról"),
    ("Indonesian", "Saya sudah membayar tagihan ini dua kali, mohon uang dikembalikan"),
    ("Catalan", "M'han cobrat dues vegades la mateixa factura"),
    ("Japanese", "請求書が二重に請求されています。返金をお願いします。"),
    ("Japanese among English names", "Pro プランの invoice を please 送ってください"),
    ("Chinese", "请退款"),
    ("Russian", "Верните мне деньги за подписку, пожалуйста"),
    ("Greek", "Θέλω τα χρήματά μου πίσω"),
    ("Arabic", "أريد استرداد أموالي"),
];

#[test]
fn a_sentence_is_enough_with_slips_and_with_words_of_another_language() {
    let (languages, enough) = shipped();
    for (language, text) in WRITTEN {
        let told = languages.tell("", text, &enough);
        let points = languages.tally(["", text]).points;
        assert_eq!(told.as_ref().map(|tongue| tongue.language), Some(*language), "{text}: {told:?} {points:?}");
    }
}

#[test]
fn what_is_too_little_or_another_language_is_not_told() {
    let (languages, enough) = shipped();
    for (what, text) in UNTOLD {
        let points = languages.tally(["", text]).points;
        assert_eq!(languages.tell("", text, &enough), None, "{what}: {text}: {points:?}");
    }
}

#[test]
fn the_newest_words_tell_and_not_what_they_answer() {
    let (languages, enough) = shipped();
    let german = "Mir wurde der Betrag zweimal abgebucht.";
    for (what, subject, body, expected) in [
        ("a subject alone", "Mir wurde zweimal abgebucht", "", Some("de, as a subject")),
        ("a subject above little", "Mir wurde zweimal abgebucht", "siehe oben", Some("de, as a subject")),
        ("a subject above a letter", "Mir wurde zweimal abgebucht", "I did not order it", Some("en")),
        ("a subject above two languages", "Frage zur Rechnung", "Merci beaucoup. Thank you.", None),
        ("a subject that somebody's form gives", "Support request", german, Some("de")),
        ("the subject of an answer", "Re: The invoice that you sent us", german, Some("de")),
        ("an answer too short to tell", "Re: The invoice that you sent us", "ok", None),
        ("an answer that has nothing new", "Re: The invoice that you sent us", "", Some("en, as a subject")),
        ("what is quoted", "", "Ich habe das nicht bestellt.\n\n> You have been charged for it\n> twice", Some("de")),
        (
            "the mail below",
            "",
            "Ich habe das nicht bestellt.\n\nOn Mon, Ann wrote:\nYou have been charged for it with the card that we have",
            Some("de"),
        ),
        (
            "a signature",
            "",
            "Ich habe das nicht bestellt.\n-- \nSent from the office of the people who own this company",
            Some("de"),
        ),
        ("a page", "", "<p>Ich habe das <b>nicht</b> bestellt</p><style>the and is not</style>", Some("de")),
    ] {
        let told = languages.tell(subject, body, &enough);
        let told = told.map(|own| own.language.to_owned() + if own.by_letter { "" } else { ", as a subject" });
        assert_eq!(told.as_deref(), expected, "{what}");
    }
}

#[test]
fn the_words_that_told_are_named_and_the_same_every_time() {
    let (languages, enough) = shipped();
    let told = |text| languages.tell("", text, &enough).unwrap();
    assert_eq!(told("Hi, ICH wurde double charged, ich").words, ["ich", "wurde"]);
    assert_eq!(told("L’année où j'ai payé, et payé").words, ["l'", "année", "où"]);
    assert_eq!(told("¿Dónde está mi dinero?"), told("¿Dónde está mi dinero?"));
}

#[test]
fn enough_is_enough_from_both_sides() {
    let words = [("alpha", 2), ("beta", 2), ("gamma", 3)];
    let of = |id, words, told| Spoken { id, told, words, letters: ("", 1) };
    let languages = Languages::new(&[
        of("en", &words[..], true),
        of("de", &[("beta", 2), ("delta", 3), ("omega", 1)], true),
        of("it", &[("eta", 9)], false),
    ]);
    let enough = Enough { points: 4, lead: 3, near: 50, share: 25 };
    for (what, text, expected) in [
        ("a point too few", "gamma", None),
        ("so many", "alpha alpha", Some("en")),
        ("what both have tells nothing", "beta beta", None),
        ("a lead a point too small", "alpha beta", None),
        ("so much of a lead", "gamma beta", Some("en")),
        ("another is near", "alpha alpha gamma delta omega", None),
        ("another is as near as may be", "alpha gamma gamma delta omega", Some("en")),
        ("so many of the words", "gamma gamma x1 aa bb cc dd ee ff", Some("en")),
        ("a word too few", "gamma gamma x1 aa bb cc dd ee ff gg", None),
        ("one that is not told", "eta eta", None),
        ("one that is not told beside one that is", "eta gamma gamma", None),
        ("no word at all", "", None),
    ] {
        let told = languages.tell("", text, &enough);
        assert_eq!(told.map(|tongue| tongue.language), expected, "{what}");
    }
}

#[test]
fn of_the_corpus_hardly_a_sentence_is_told_wrongly_and_most_are_told() {
    let (languages, enough) = shipped();
    // All sentences, those that are told, and those of them that are told rightly.
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for row in corpus() {
        let told = languages.tell("", &row.text, &enough).map(|tongue| tongue.language);
        for name in [row.language.as_str(), "all"] {
            let count = counts.entry(name.to_owned()).or_default();
            count[0] += 1;
            count[1] += usize::from(told.is_some());
            count[2] += usize::from(told == Some(&row.language));
        }
    }
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["all", "de", "en", "es", "fr"]);
    for (language, [all, told, right]) in counts {
        let least = if language == "all" { 85 } else { 80 };
        assert!(told * 100 >= all * least, "{language}: {told} of {all} are told");
        assert!(right * 100 >= told * 97, "{language}: {right} of {told} are right");
    }
}
