//! Typst, with one page of ours and one font: no files, no network, no clock.

use crate::page::Page;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

const TEMPLATE: &str = include_str!("page.typ");
const REGULAR: &[u8] = include_bytes!("../fonts/LibertinusSerif-Regular.otf");
const BOLD: &[u8] = include_bytes!("../fonts/LibertinusSerif-Bold.otf");

/// What does not change from page to page.
struct Shop {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: Source,
    data: FileId,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let fonts: Vec<Font> = [REGULAR, BOLD].into_iter().flat_map(|font| Font::iter(Bytes::new(font))).collect();
    let file = |name: &str| {
        let path = VirtualPath::new(name).expect("a plain name is a path");
        RootedPath::new(VirtualRoot::Project, path).intern()
    };
    Shop {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        main: Source::new(file("page.typ"), TEMPLATE.to_owned()),
        data: file("page.json"),
    }
});

/// One page in the making.
struct Sheet {
    values: Bytes,
}

/// Whether the font has a letter.
pub(crate) fn has(letter: char) -> bool {
    SHOP.fonts.first().is_some_and(|font| font.info().coverage.contains(u32::from(letter)))
}

/// Sets a page as tagged PDF/A-3.
pub(crate) fn set(page: &Page) -> Result<Vec<u8>, String> {
    let values = serde_json::to_vec(page).map_err(|error| error.to_string())?;
    let sheet = Sheet { values: Bytes::new(values) };
    let set = typst::compile::<PagedDocument>(&sheet).output;
    let printed = set.and_then(|document| {
        let standards = PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1]);
        let options = PdfOptions {
            ident: Smart::Custom(page.number.clone()),
            creator: Smart::Custom(Some("Recoup".to_owned())),
            standards: standards.expect("the two belong together"),
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&document, &options)
    });
    // What Typst remembers from page to page would only grow.
    typst::comemo::evict(0);
    printed.map_err(|faults| faults.iter().map(said).collect::<Vec<_>>().join("; "))
}

fn said(fault: &SourceDiagnostic) -> String {
    fault.message.to_string()
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &SHOP.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &SHOP.book
    }

    fn main(&self) -> FileId {
        SHOP.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == SHOP.main.id() { Ok(SHOP.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == SHOP.data { Ok(self.values.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        SHOP.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
