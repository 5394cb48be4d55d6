; Explorer's "Open in Bootlab" for folders and inside them, and Bootlab among the programs that open .img files: beside Windows' own, not instead of it.
; SHELL_CONTEXT is the user or the machine, as the installer was told. A path that ends with "\" would take the quote after it along: hence "\.".

!macro bootlabFolderVerb KEY ARGUMENT
  WriteRegStr SHELL_CONTEXT "Software\Classes\${KEY}\shell\Bootlab" "" "Open in Bootlab"
  WriteRegStr SHELL_CONTEXT "Software\Classes\${KEY}\shell\Bootlab" "Icon" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0'
  WriteRegStr SHELL_CONTEXT "Software\Classes\${KEY}\shell\Bootlab\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "${ARGUMENT}\."'
!macroend

!macro customInstall
  !insertmacro bootlabFolderVerb "Directory" "%1"
  !insertmacro bootlabFolderVerb "Directory\Background" "%V"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Bootlab.DiskImage" "" "Disk image"
  WriteRegStr SHELL_CONTEXT "Software\Classes\Bootlab.DiskImage\DefaultIcon" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}",0'
  WriteRegStr SHELL_CONTEXT "Software\Classes\Bootlab.DiskImage\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
  WriteRegStr SHELL_CONTEXT "Software\Classes\.img\OpenWithProgids" "Bootlab.DiskImage" ""
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

!macro customUnInstall
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Directory\shell\Bootlab"
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Directory\Background\shell\Bootlab"
  DeleteRegKey SHELL_CONTEXT "Software\Classes\Bootlab.DiskImage"
  DeleteRegValue SHELL_CONTEXT "Software\Classes\.img\OpenWithProgids" "Bootlab.DiskImage"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend
