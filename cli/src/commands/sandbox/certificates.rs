//! `innsyn sandbox certificates`: enterprise certificates for tests, with chosen defects.

use std::fmt::{self, Display};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sandbox::kit::Clock;
use sandbox::pki::certificates::{Defect, Order, PASSWORD, WrittenFile};
use sandbox::pki::{EnterpriseAuthority, Profile, Purpose, Vendor};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Vendor whose certificates are imitated.
    #[arg(long, default_value = "buypass", value_parser = vendor())]
    authority: Vendor,
    /// Generation of the certificates.
    #[arg(long, default_value = "seid2", value_parser = profile())]
    profile: Profile,
    /// Purpose of the certificate. By default all that the vendor delivers, or with a defect the
    /// first of them.
    #[arg(long, value_parser = purpose())]
    purpose: Option<Purpose>,
    /// Number of the organisation.
    #[arg(
        long,
        default_value = "310000302",
        requires = "name",
        value_name = "NUMBER"
    )]
    organisation: String,
    /// Name of the organisation.
    #[arg(
        long,
        default_value = "INNLANDSBANKEN ASA",
        requires = "organisation",
        value_name = "TEXT"
    )]
    name: String,
    /// Defect of the certificates. The option may be repeated.
    #[arg(long, value_parser = defect, value_name = "NAME")]
    defect: Vec<Defect>,
    /// Lists the defects.
    #[arg(long)]
    list_defects: bool,
    /// Folder of authorities, created on first use. A sandbox with the same folder trusts the
    /// certificates.
    #[arg(long, value_name = "FOLDER")]
    trust_folder: Option<PathBuf>,
    /// Folder for the files. Existing files of the same names are replaced.
    #[arg(long, required_unless_present = "list_defects", value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Makes the certificates, or lists the defects.
///
/// # Errors
///
/// If an argument cannot be used or a file cannot be written.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let text = match arguments.out {
        Some(folder) if !arguments.list_defects => {
            let purposes = match arguments.purpose {
                Some(purpose) => vec![purpose],
                None if arguments.defect.is_empty() => {
                    arguments.authority.delivers(arguments.profile).to_vec()
                }
                None => vec![Purpose::Authentication],
            };
            let order = Order {
                vendor: arguments.authority,
                profile: arguments.profile,
                purposes,
                organisation: arguments.organisation,
                name: arguments.name,
                defects: arguments.defect,
            };
            let now = Clock::default().now();
            let package = match &arguments.trust_folder {
                Some(shared) => {
                    order.make_under(&EnterpriseAuthority::in_folder(shared, now)?, now)?
                }
                None => order.make(now)?,
            };
            let report = Report {
                order,
                written: package.write(&folder)?,
                shared: arguments.trust_folder,
            };
            report.to_string()
        }
        _ => Defects(Defect::ALL).to_string(),
    };
    #[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
    {
        println!("{}", text.trim_end());
    }
    Ok(())
}

/// Written files, with the next steps.
struct Report {
    order: Order,
    written: Vec<WrittenFile>,
    /// Folder of the authorities.
    shared: Option<PathBuf>,
}

impl Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Order {
            name, organisation, ..
        } = &self.order;
        writeln!(out, "Certificates for tests, of {name} ({organisation}):\n")?;
        for WrittenFile { what, path } in &self.written {
            writeln!(out, "  {what:<19}  {}", path.display())?;
        }
        writeln!(out, "  {:<19}  {PASSWORD}", "PKCS#12 password")?;
        if self.order.defects.is_empty() {
            writeln!(out, "\nNothing is wrong with them.")?;
        } else {
            write!(
                out,
                "\nWrong with them:\n\n{}",
                Defects(&self.order.defects)
            )?;
        }
        writeln!(out, "\nNext:\n")?;
        if let Some(certificate) = self.path("Certificate") {
            writeln!(out, "  openssl x509 -noout -text -in {certificate}")?;
            if let (Some(root), Some(chain)) = (self.path("Authority (root)"), self.path("Chain")) {
                writeln!(
                    out,
                    "  openssl verify -CAfile {root} -untrusted {chain} {certificate}"
                )?;
            }
        }
        if let Some(store) = self.path("PKCS#12") {
            writeln!(
                out,
                "  openssl pkcs12 -info -noout -passin pass:{PASSWORD} -in {store}"
            )?;
            if let Some(issuing) = self.path("Authority (issuing)") {
                writeln!(
                    out,
                    "  INNSYN_PASSWORD={PASSWORD} innsyn doctor --purpose tls --environment test --trust {issuing} --certificate {store}"
                )?;
            }
        }
        match &self.shared {
            Some(folder) => writeln!(
                out,
                "\nA sandbox knows the authorities when it is started with: innsyn sandbox --trust-folder {}",
                folder.display()
            ),
            None => writeln!(
                out,
                "\nThe authorities were made for these files. A running sandbox has its own; with --trust-folder both have the same."
            ),
        }
    }
}

impl Report {
    fn path(&self, what: &str) -> Option<std::path::Display<'_>> {
        let file = self.written.iter().find(|file| file.what == what)?;
        Some(file.path.display())
    }
}

/// Table of defects: the check that finds each, its name and a description.
struct Defects<'a>(&'a [Defect]);

impl Display for Defects<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for defect in self.0 {
            let (id, name) = (defect.id(), defect.name());
            writeln!(out, "  {id}  {name:<28}  {}", defect.sentence())?;
        }
        Ok(())
    }
}

fn vendor() -> impl TypedValueParser<Value = Vendor> {
    PossibleValuesParser::new(["buypass", "commfides"]).map(|text| match text.as_str() {
        "commfides" => Vendor::Commfides,
        _ => Vendor::Buypass,
    })
}

fn profile() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(["seid1", "seid2"]).map(|text| match text.as_str() {
        "seid1" => Profile::Seid1,
        _ => Profile::Seid2,
    })
}

fn purpose() -> impl TypedValueParser<Value = Purpose> {
    let names = ["authentication", "signing", "encryption"];
    PossibleValuesParser::new(names).map(|text| match text.as_str() {
        "signing" => Purpose::Signing,
        "encryption" => Purpose::Encryption,
        _ => Purpose::Authentication,
    })
}

fn defect(name: &str) -> Result<Defect, String> {
    let known = Defect::ALL.iter().find(|defect| defect.name() == name);
    known
        .copied()
        .ok_or_else(|| "no such defect; --list-defects lists them".to_owned())
}
