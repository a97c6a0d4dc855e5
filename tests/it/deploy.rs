//! The examples that operators copy: web servers and the service manager read them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(path).unwrap()
}

/// A folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("horde-eas-{}", uuid::Uuid::new_v4()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn nginx_reads_its_example() {
    let folder = Folder::new();
    let at = folder.0.to_str().unwrap();
    let config = folder.write(
        "nginx.conf",
        &format!(
            "pid {at}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {at}/a;\nproxy_temp_path {at}/b;\nfastcgi_temp_path {at}/c;\n\
             uwsgi_temp_path {at}/d;\nscgi_temp_path {at}/e;\n\
             server {{ listen 127.0.0.1:8089;\n{} }}\n}}\n",
            example("nginx.conf.example")
        ),
    );
    // Debian's packages of the demo bring nginx.
    let output = Command::new("/usr/sbin/nginx").args(["-t", "-c", &config]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("[warn]"), "{said}");
}

#[test]
fn the_unit_names_the_program_and_its_file() {
    let unit = example("horde-eas.service");
    assert!(unit.contains("ExecStart=/usr/local/bin/horde-eas serve --config /etc/horde-eas.toml"));
    assert!(unit.contains("HORDE_EAS__LOG__TIME=false"), "a key that the configuration has");
}
